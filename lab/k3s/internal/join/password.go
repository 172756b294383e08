package join

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/crypto/scrypt"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PasswordSecret is the name of the Secret in kube-system that keeps the hash of a node's password. While it exists,
// only the machine that knows the password may be the node: a machine replaced under its old name needs it deleted.
func PasswordSecret(node string) string { return node + ".node-password.k3s" }

// checkNode lets a new node in and remembers its password; a known one must show the same again.
func (s *Server) checkNode(ctx context.Context, node, password string) (int, error) {
	if password == "" {
		return http.StatusBadRequest, fmt.Errorf("node password not set")
	}
	secrets := s.client.CoreV1().Secrets(meta.NamespaceSystem)
	secret, err := secrets.Get(ctx, PasswordSecret(node), meta.GetOptions{})
	if apierrors.IsNotFound(err) {
		hash, err := hashPassword(password)
		if err != nil {
			return http.StatusInternalServerError, err
		}
		immutable := true
		_, err = secrets.Create(ctx, &core.Secret{
			ObjectMeta: meta.ObjectMeta{Name: PasswordSecret(node), Namespace: meta.NamespaceSystem},
			Immutable:  &immutable,
			Data:       map[string][]byte{"hash": []byte(hash)},
		}, meta.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return s.checkNode(ctx, node, password)
		}
		if err != nil {
			return http.StatusServiceUnavailable, fmt.Errorf("keep password of node %s: %w", node, err)
		}
		return 0, nil
	}
	if err != nil {
		return http.StatusServiceUnavailable, fmt.Errorf("read password of node %s: %w", node, err)
	}
	if !verifyPassword(string(secret.Data["hash"]), password) {
		if local, err := nodePassword(); err == nil && node == s.ownNode && subtle.ConstantTimeCompare([]byte(local), []byte(password)) == 1 {
			// The server's own node, on a machine that a snapshot was restored to: who holds the datastore need not
			// prove more to it.
			if err := secrets.Delete(ctx, PasswordSecret(node), meta.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return http.StatusServiceUnavailable, err
			}
			return s.checkNode(ctx, node, password)
		}
		return http.StatusForbidden, fmt.Errorf("unable to verify password for node %s: hash does not match", node)
	}
	return 0, nil
}

func hashPassword(password string) (string, error) {
	salt := make([]byte, 8)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return hashWith(salt, password)
}

func hashWith(salt []byte, password string) (string, error) {
	// The cost is low on purpose: the password is 128 random bits.
	key, err := scrypt.Key([]byte(password), salt, 1<<10, 8, 1, 32)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$1:%s:%s", hex.EncodeToString(salt), hex.EncodeToString(key)), nil
}

func verifyPassword(hash, password string) bool {
	fields := strings.Split(hash, ":")
	if len(fields) != 3 {
		return false
	}
	salt, err := hex.DecodeString(fields[1])
	if err != nil {
		return false
	}
	again, err := hashWith(salt, password)
	return err == nil && subtle.ConstantTimeCompare([]byte(again), []byte(hash)) == 1
}

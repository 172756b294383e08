package server

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/crypto/pbkdf2"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/pki"
)

// The secrets that make a cluster itself are kept in etcd, sealed with the token, so that a snapshot and the token
// are all it takes to rebuild a server on an empty machine.

// sealedKey is where the sealed secrets are; it depends on the password so that a wrong one finds nothing.
func sealedKey(password string) string {
	digest := sha256.Sum256([]byte(password))
	return "/bootstrap/" + hex.EncodeToString(digest[:])[:12]
}

func secretFiles(c *config.Config) map[string]string {
	files := map[string]string{"encryption-config.json": encryptionFile(c)}
	for _, name := range pki.Secrets {
		files["tls/"+name] = c.Path("server/tls", name)
	}
	return files
}

// keepSecrets writes the sealed secrets into etcd, and takes away those that are sealed with a token of before.
func keepSecrets(ctx context.Context, c *config.Config) error {
	password, err := keptPassword(c)
	if err != nil {
		return err
	}
	content := map[string][]byte{}
	for name, path := range secretFiles(c) {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && name == "encryption-config.json" {
			continue
		}
		if err != nil {
			return err
		}
		content[name] = text
	}
	plain, err := json.Marshal(content)
	if err != nil {
		return err
	}
	sealed, err := seal(password, plain)
	if err != nil {
		return err
	}
	etcd, err := etcdClient(c)
	if err != nil {
		return err
	}
	defer etcd.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := etcd.Delete(ctx, "/bootstrap/", clientv3.WithPrefix()); err != nil {
		return err
	}
	_, err = etcd.Put(ctx, sealedKey(password), string(sealed))
	return err
}

// unsealSecrets takes the secrets of the cluster in etcd and puts them aside for the next start: the running etcd
// still uses certificates of the authorities that they replace.
func unsealSecrets(ctx context.Context, c *config.Config) error {
	password, err := keptPassword(c)
	if err != nil {
		return err
	}
	etcd, err := etcdClient(c)
	if err != nil {
		return err
	}
	defer etcd.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	found, err := etcd.Get(ctx, sealedKey(password))
	if err != nil {
		return err
	}
	if len(found.Kvs) == 0 {
		return errors.New("failed to bootstrap cluster data: bootstrap data was found, but not for this token; give the token of the cluster that the snapshot is from")
	}
	plain, err := unseal(password, found.Kvs[0].Value)
	if err != nil {
		return fmt.Errorf("open the cluster's secrets in etcd: %w", err)
	}
	slog.Info("Recovered the cluster's secrets from etcd")
	return pki.WriteFile(pendingSecrets(c), plain, 0o600)
}

func pendingSecrets(c *config.Config) string { return c.Path("server/db/restored-secrets.json") }

// restoreSecrets puts secrets that a reset recovered into their places.
func restoreSecrets(c *config.Config) error {
	plain, err := os.ReadFile(pendingSecrets(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var content map[string][]byte
	if err := json.Unmarshal(plain, &content); err != nil {
		return fmt.Errorf("%s: %w", pendingSecrets(c), err)
	}
	password, err := keptPassword(c)
	if err != nil {
		return err
	}
	for name, path := range secretFiles(c) {
		if text, ok := content[name]; ok {
			if err := pki.WriteFile(path, text, 0o600); err != nil {
				return err
			}
		}
	}
	// The token has the hash of the authority in it, which may be another one now.
	token := pki.FormatToken(content["tls/server-ca.crt"], "server", password)
	if err := pki.WriteFile(c.Path("server/token"), []byte(token+"\n"), 0o600); err != nil {
		return err
	}
	return os.Remove(pendingSecrets(c))
}

func sealer(password string, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(pbkdf2.Key([]byte(password), salt, 4096, 32, sha256.New))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts; the result starts with salt and nonce.
func seal(password string, plain []byte) ([]byte, error) {
	head := make([]byte, 8+12)
	if _, err := rand.Read(head); err != nil {
		return nil, err
	}
	aead, err := sealer(password, head[:8])
	if err != nil {
		return nil, err
	}
	return aead.Seal(head, head[8:], plain, nil), nil
}

func unseal(password string, sealed []byte) ([]byte, error) {
	if len(sealed) < 20 {
		return nil, errors.New("too short to be sealed")
	}
	aead, err := sealer(password, sealed[:8])
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, sealed[8:20], sealed[20:], nil)
}

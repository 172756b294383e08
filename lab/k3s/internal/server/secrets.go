package server

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/pki"
)

// writeTokens settles the passwords and writes server/token, node-token and agent-token as K3s does. A password
// that is already in use may not be changed by configuration, because the nodes and the sealed secrets know it.
func writeTokens(c *config.Config, ca []byte) error {
	given, err := pki.ParseToken(c.Token, "server")
	if err != nil {
		return err
	}
	// A reset may start on an empty machine, whose authority is replaced by the restored one.
	if err := given.CheckCA(ca); err != nil && !c.Reset {
		return err
	}
	password := given.Password
	kept, err := keptPassword(c)
	if err != nil {
		return err
	}
	switch {
	case kept != "" && password != "" && kept != password:
		return fmt.Errorf("failed to validate token: the token given differs from the one in %s, with which this cluster was made; put the old one back, or remove %s to start a new cluster", c.Path("server/token"), c.Path("server"))
	case password == "" && kept != "":
		password = kept
	case password == "":
		if password, err = pki.NewPassword(); err != nil {
			return err
		}
	}
	if err := pki.WriteFile(c.Path("server/token"), []byte(pki.FormatToken(ca, "server", password)+"\n"), 0o600); err != nil {
		return err
	}
	if err := link("token", c.Path("server/node-token")); err != nil {
		return err
	}
	if c.AgentToken == "" {
		if err := os.Remove(c.Path("server/agent-token")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return link("token", c.Path("server/agent-token"))
	}
	agent, err := pki.ParseToken(c.AgentToken, "node")
	if err != nil {
		return fmt.Errorf("agent-token: %w", err)
	}
	if target, err := os.Readlink(c.Path("server/agent-token")); err == nil && target != "" {
		if err := os.Remove(c.Path("server/agent-token")); err != nil {
			return err
		}
	}
	return pki.WriteFile(c.Path("server/agent-token"), []byte(pki.FormatToken(ca, "node", agent.Password)+"\n"), 0o600)
}

// keptPassword is the server password of an earlier start, or empty.
func keptPassword(c *config.Config) (string, error) {
	text, err := os.ReadFile(c.Path("server/token"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	token, err := pki.ParseToken(strings.TrimSpace(string(text)), "server")
	return token.Password, err
}

func link(target, path string) error {
	if current, err := os.Readlink(path); err == nil && current == target {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}

func encryptionFile(c *config.Config) string { return c.Path("server/cred/encryption-config.json") }

// writeEncryption makes the key with which Secrets are kept in etcd. An existing key stays: losing it loses them.
func writeEncryption(c *config.Config) error {
	if _, err := os.Stat(encryptionFile(c)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	type object = map[string]any
	text, err := json.Marshal(object{
		"kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1",
		"resources": []object{{
			"resources": []string{"secrets"},
			"providers": []object{
				{"aescbc": object{"keys": []object{{"name": "aescbckey", "secret": base64.StdEncoding.EncodeToString(key)}}}},
				{"identity": object{}},
			},
		}},
	})
	if err != nil {
		return err
	}
	return pki.WriteFile(encryptionFile(c), text, 0o600)
}

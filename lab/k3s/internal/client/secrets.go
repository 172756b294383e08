package client

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"sophia-infra/lab/k3s/internal/pki"
)

// Token is `k3s token generate`. Bootstrap tokens are K3s's, and refused here by name; so is the command `rotate`, but
// not what it asks the server for (join.Server).
func Token(args []string) error {
	if len(args) == 0 || args[0] != "generate" {
		return fmt.Errorf("the lab's k3s supports `token generate` only, not %q", args)
	}
	password, err := pki.NewPassword()
	if err == nil {
		fmt.Println(password)
	}
	return err
}

// SecretsEncrypt is `k3s secrets-encrypt status`.
func SecretsEncrypt(args []string) error {
	if len(args) == 0 || args[0] != "status" {
		return fmt.Errorf("the lab's k3s supports `secrets-encrypt status` only, not %q", args)
	}
	c, err := settings(args[1:])
	if err != nil {
		return err
	}
	_, err = os.Stat(c.Path("server/cred/encryption-config.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Println("Encryption Status: Disabled, no configuration file found")
	case err != nil:
		return err
	case !c.SecretsEncryption:
		fmt.Println("Encryption Status: Disabled")
	default:
		fmt.Println("Encryption Status: Enabled\nCurrent Rotation Stage: start\nServer Encryption Hashes: All hashes match")
		fmt.Println("\nActive  Key Type  Name\n------  --------  ----\n *      AES-CBC   aescbckey")
	}
	return nil
}

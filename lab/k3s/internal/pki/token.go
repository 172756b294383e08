package pki

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
)

const tokenPrefix = "K10"

// Token is what a node joins with: a user and password, and in the full form the hash of the cluster's authority.
type Token struct {
	// CAHash is empty in the short form, which trusts whoever answers.
	CAHash             string
	Username, Password string
}

// ParseToken reads K10<hash>::<user>:<password>, or a bare password.
func ParseToken(text, defaultUser string) (Token, error) {
	rest, full := strings.CutPrefix(text, tokenPrefix)
	if !full {
		return Token{Username: defaultUser, Password: text}, nil
	}
	hash, credentials, ok := strings.Cut(rest, "::")
	if !ok || len(hash) != sha256.Size*2 {
		return Token{}, fmt.Errorf("invalid token CA hash length: expected %s<64 hex digits>::<user>:<password>", tokenPrefix)
	}
	user, password, ok := strings.Cut(credentials, ":")
	if !ok {
		return Token{}, fmt.Errorf("invalid token format: nothing after the CA hash looks like <user>:<password>")
	}
	return Token{CAHash: hash, Username: user, Password: password}, nil
}

// FormatToken writes the full form.
func FormatToken(ca []byte, user, password string) string {
	return fmt.Sprintf("%s%s::%s:%s", tokenPrefix, HashCA(ca), user, password)
}

// HashCA is the SHA-256 of the authority's PEM text, as in the full token.
func HashCA(ca []byte) string {
	digest := sha256.Sum256(ca)
	return hex.EncodeToString(digest[:])
}

// CheckCA tells whether the token knows this authority.
func (t Token) CheckCA(ca []byte) error {
	if t.CAHash != "" && t.CAHash != HashCA(ca) {
		return fmt.Errorf("token CA hash does not match the Cluster CA certificate hash: %s != %s", t.CAHash, HashCA(ca))
	}
	return nil
}

// NewPassword makes a random secret.
func NewPassword() (string, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	return hex.EncodeToString(secret), nil
}

// ReadRequest reads a certificate signing request in PEM and checks that it is signed by its own key.
func ReadRequest(text []byte) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("no PEM block in the certificate request")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, err
	}
	return request, request.CheckSignature()
}

// Package pki makes the certificate authorities, certificates, keys, tokens and kubeconfigs of a cluster,
// in the places and under the names where K3s has them.
package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 365 * 24 * time.Hour
)

// Authority signs certificates.
type Authority struct {
	Cert *x509.Certificate
	// PEM is the certificate as it is in its file.
	PEM []byte
	key crypto.Signer
}

// Subject is who a certificate speaks for.
type Subject struct {
	Name   string
	Groups []string
	// SANs are host names and addresses; with any the certificate is also good for serving.
	SANs []string
}

// OpenAuthority reads <base>.crt and <base>.key, and makes them where they are missing.
func OpenAuthority(base, name string) (*Authority, error) {
	text, err := os.ReadFile(base + ".crt")
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(base, name); err != nil {
			return nil, fmt.Errorf("make certificate authority %s: %w", name, err)
		}
		text, err = os.ReadFile(base + ".crt")
	}
	if err != nil {
		return nil, err
	}
	cert, err := parseCert(text)
	if err != nil {
		return nil, fmt.Errorf("%s.crt: %w", base, err)
	}
	key, err := ReadKey(base + ".key")
	if err != nil {
		return nil, err
	}
	return &Authority{Cert: cert, PEM: text, key: key}, nil
}

func makeAuthority(base, name string) error {
	key, err := NewKey()
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: fmt.Sprintf("k3s-%s@%d", name, now.Unix())},
		NotBefore:             now.Add(-time.Minute),
		NotAfter:              now.Add(caLife),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	if err := WriteKey(base+".key", key); err != nil {
		return err
	}
	return WriteFile(base+".crt", encodeCert(der), 0o644)
}

// Sign issues a certificate for a public key; the result is PEM, followed by the authority's own certificate.
func (a *Authority) Sign(public crypto.PublicKey, subject Subject) ([]byte, error) {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: subject.Name, Organization: subject.Groups},
		NotBefore:    now.Add(-time.Minute),
		NotAfter:     now.Add(leafLife),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if len(subject.SANs) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, san := range subject.SANs {
		if ip := net.ParseIP(san); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, san)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.Cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %s: %w", subject.Name, err)
	}
	return append(encodeCert(der), a.PEM...), nil
}

// Issue makes a new key and certificate as <base>.key and <base>.crt. Called at every start: that is the renewal.
func (a *Authority) Issue(base string, subject Subject) error {
	key, err := NewKey()
	if err != nil {
		return err
	}
	text, err := a.Sign(key.Public(), subject)
	if err != nil {
		return err
	}
	if err := WriteKey(base+".key", key); err != nil {
		return err
	}
	return WriteFile(base+".crt", text, 0o644)
}

// NewKey makes a private key.
func NewKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// ReadKey reads a private key from its PEM file.
func ReadKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM block", path)
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// WriteKey writes a private key for its owner only.
func WriteKey(path string, key crypto.Signer) error {
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return fmt.Errorf("%s: unexpected key type %T", path, key)
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return err
	}
	return WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// WriteFile replaces a file at once, so that nobody ever reads half of it. Folders are made for their owner only.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return os.Chmod(path, mode)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(content)
	if err := errors.Join(err, draft.Chmod(mode), draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(draft.Name(), path)
}

func parseCert(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	return x509.ParseCertificate(block.Bytes)
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	if err != nil {
		panic(fmt.Sprintf("the system's source of randomness fails: %v", err))
	}
	return number
}

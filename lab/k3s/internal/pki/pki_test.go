package pki

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	full := FormatToken([]byte("ca"), "server", "word")
	token, err := ParseToken(full, "node")
	if err != nil || token.Username != "server" || token.Password != "word" {
		t.Errorf("got %+v, %v", token, err)
	}
	if token.CheckCA([]byte("ca")) != nil || token.CheckCA([]byte("other")) == nil {
		t.Error("the hash must tell the authority from another")
	}
	short, err := ParseToken("word", "node")
	if err != nil || short.Username != "node" || short.CheckCA([]byte("any")) != nil {
		t.Errorf("got %+v, %v", short, err)
	}
	for _, bad := range []string{"K10abc::server:word", "K10" + strings.Repeat("0", 64) + "::word"} {
		if _, err := ParseToken(bad, "node"); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestAuthoritiesStayAndLeavesVerify(t *testing.T) {
	dir := t.TempDir()
	first, err := OpenCluster(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenCluster(dir)
	if err != nil || string(first.Server.PEM) != string(again.Server.PEM) {
		t.Fatalf("the authority changed: %v", err)
	}
	if err := again.IssueServer([]string{"api.example.test", "10.43.0.1"}, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "serving-kube-apiserver.crt"))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := parseCert(text)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(first.Server.Cert)
	for _, name := range []string{"api.example.test", "10.43.0.1"} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "serving-kube-apiserver.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is not its owner's only: %v %v", info.Mode(), err)
	}
}

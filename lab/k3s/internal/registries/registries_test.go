package registries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, text string) (*Registries, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "registries.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}

func TestMirrorsBecomeHosts(t *testing.T) {
	r, err := read(t, `
mirrors:
  docker.io: {endpoint: ["http://10.0.0.2:5000"]}
  "registry.example.test:5000": {endpoint: ["https://mirror.example.test"]}
  "*": {endpoint: ["http://10.0.0.3:5000"]}
configs:
  mirror.example.test:
    tls: {ca_file: /etc/ca.crt}
    auth: {username: reader, password: word}
`)
	if err != nil {
		t.Fatal(err)
	}
	hosts := r.hosts()
	for folder, want := range map[string]string{
		"docker.io":                   "server = \"https://registry-1.docker.io\"\n\n[host.\"http://10.0.0.2:5000\"]\n  capabilities = [\"pull\", \"resolve\"]\n",
		"registry.example.test_5000_": "server = \"https://registry.example.test:5000\"\n\n[host.\"https://mirror.example.test\"]\n  capabilities = [\"pull\", \"resolve\"]\n  ca = [\"/etc/ca.crt\"]\n",
		"_default":                    "\n[host.\"http://10.0.0.3:5000\"]\n  capabilities = [\"pull\", \"resolve\"]\n",
	} {
		if hosts[folder] != want {
			t.Errorf("%s:\n%q\nwant\n%q", folder, hosts[folder], want)
		}
	}
	if !strings.Contains(r.Credentials(), "username = \"reader\"") {
		t.Errorf("credentials are missing: %q", r.Credentials())
	}
}

func TestWhatIsNotDoneIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"mirrors: {docker.io: {rewrite: {a: b}}}":       "does not support rewrite",
		"mirrors: {docker.io: {endpoint: [nowhere]}}":   `"nowhere" is not a URL`,
		"mirrors: {docker.io: {endpoints: [http://a]}}": "field endpoints not found",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	if _, err := Read("/nowhere/registries.yaml"); err != nil {
		t.Errorf("a missing file is no fault: %v", err)
	}
}

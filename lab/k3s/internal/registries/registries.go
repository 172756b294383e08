// Package registries turns K3s's registries.yaml into containerd's configuration.
package registries

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"sophia-infra/lab/k3s/internal/pki"
)

// Registries is registries.yaml: mirrors by registry, and how to log in and whom to trust by host.
type Registries struct {
	Mirrors map[string]struct {
		Endpoints []string          `yaml:"endpoint"`
		Rewrites  map[string]string `yaml:"rewrite"`
	} `yaml:"mirrors"`
	Configs map[string]struct {
		Auth *struct {
			Username string `yaml:"username"`
			Password string `yaml:"password"`
		} `yaml:"auth"`
		TLS *struct {
			CA       string `yaml:"ca_file"`
			Cert     string `yaml:"cert_file"`
			Key      string `yaml:"key_file"`
			Insecure bool   `yaml:"insecure_skip_verify"`
		} `yaml:"tls"`
	} `yaml:"configs"`
}

// Read reads the file; a missing one is an empty one.
func Read(path string) (*Registries, error) {
	r := &Registries{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(r); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for host, mirror := range r.Mirrors {
		if len(mirror.Rewrites) > 0 {
			return nil, fmt.Errorf("%s: mirrors.%s: the lab's k3s does not support rewrite", path, host)
		}
		for _, endpoint := range mirror.Endpoints {
			if u, err := url.Parse(endpoint); err != nil || u.Host == "" {
				return nil, fmt.Errorf("%s: mirrors.%s: %q is not a URL", path, host, endpoint)
			}
		}
	}
	return r, nil
}

// WriteHosts writes one hosts.toml a registry, and removes those of registries that are no longer named.
func (r *Registries) WriteHosts(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for host, text := range r.hosts() {
		if err := pki.WriteFile(filepath.Join(dir, host, "hosts.toml"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o700)
}

// hosts renders containerd's view: mirrors in their order, then the registry itself.
func (r *Registries) hosts() map[string]string {
	files := map[string]string{}
	for host, mirror := range r.Mirrors {
		folder, server := host, "https://"+host
		switch host {
		case "*":
			folder, server = "_default", ""
		case "docker.io":
			server = "https://registry-1.docker.io"
		}
		text := ""
		if server != "" {
			text += fmt.Sprintf("server = %q\n", server)
		}
		for _, endpoint := range mirror.Endpoints {
			text += fmt.Sprintf("\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", strings.TrimRight(endpoint, "/"))
			text += r.transport(endpoint)
		}
		files[hostFolder(folder)] = text
	}
	return files
}

// hostFolder is containerd's folder for a registry: a port stands between underscores.
func hostFolder(host string) string {
	if strings.Contains(host, ":") {
		return strings.ReplaceAll(host, ":", "_") + "_"
	}
	return host
}

func (r *Registries) transport(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	tls := r.Configs[u.Host].TLS
	if tls == nil {
		return ""
	}
	text := ""
	if tls.Insecure {
		text += "  skip_verify = true\n"
	}
	if tls.CA != "" {
		text += fmt.Sprintf("  ca = [%q]\n", tls.CA)
	}
	if tls.Cert != "" {
		text += fmt.Sprintf("  client = [[%q, %q]]\n", tls.Cert, tls.Key)
	}
	return text
}

// Credentials renders the user names and passwords, which containerd keeps in its main file.
func (r *Registries) Credentials() string {
	var tables []string
	for host, one := range r.Configs {
		if one.Auth != nil {
			tables = append(tables, fmt.Sprintf("\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.%q.auth]\n  username = %q\n  password = %q\n",
				host, one.Auth.Username, one.Auth.Password))
		}
	}
	slices.Sort(tables)
	return strings.Join(tables, "")
}

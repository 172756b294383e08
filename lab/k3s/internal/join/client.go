package join

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/pki"
)

// nodePasswordFile proves to the server that this machine is still the one that first took its name.
const nodePasswordFile = "/etc/rancher/node/password"

// Client is a node that has a server and a token.
type Client struct {
	server   string
	token    pki.Token
	ca       []byte
	http     *http.Client
	node     string
	ip       string
	password string
}

// Connect fetches the cluster's authority, checks it against the token where that has a hash, and checks that the
// server accepts the token.
func Connect(ctx context.Context, c *config.Config) (*Client, error) {
	token, err := pki.ParseToken(c.Token, "node")
	if err != nil {
		return nil, err
	}
	client := &Client{server: strings.TrimRight(c.Join, "/"), token: token, node: c.NodeName, ip: c.NodeIP}
	// The authority itself cannot be verified before it is known: that is what the hash in the token is for.
	client.http = httpClient(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if client.ca, err = client.do(ctx, http.MethodGet, "/cacerts", nil); err != nil {
		return nil, err
	}
	if err := token.CheckCA(client.ca); err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(client.ca) {
		return nil, fmt.Errorf("%s/cacerts answered with something that is no certificate", client.server)
	}
	client.http = httpClient(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	if client.password, err = nodePassword(); err != nil {
		return nil, err
	}
	_, err = client.do(ctx, http.MethodGet, "/v1-k3s/readyz", nil)
	return client, err
}

func httpClient(config *tls.Config) *http.Client {
	return &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}

// Cluster is what the server says about the cluster.
func (c *Client) Cluster(ctx context.Context) (cluster config.Cluster, err error) {
	text, err := c.do(ctx, http.MethodGet, "/v1-k3s/config", nil)
	if err != nil {
		return cluster, err
	}
	return cluster, json.Unmarshal(text, &cluster)
}

// Authorities writes server-ca.crt and client-ca.crt.
func (c *Client) Authorities(ctx context.Context, dir string) error {
	for _, name := range []string{"server-ca.crt", "client-ca.crt"} {
		text, err := c.do(ctx, http.MethodGet, "/v1-k3s/"+name, nil)
		if err != nil {
			return err
		}
		if err := pki.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Certificate makes a key, has the server sign it, and writes <dir>/<name>.key and .crt. The key never travels.
func (c *Client) Certificate(ctx context.Context, dir, name string) error {
	key, err := pki.NewKey()
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return err
	}
	request := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	signed, err := c.do(ctx, http.MethodPost, "/v1-k3s/"+name+".crt", request)
	if err != nil {
		return err
	}
	if err := pki.WriteKey(filepath.Join(dir, name+".key"), key); err != nil {
		return err
	}
	return pki.WriteFile(filepath.Join(dir, name+".crt"), signed, 0o644)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if path != "/cacerts" {
		request.SetBasicAuth(c.token.Username, c.token.Password)
		request.Header.Set(nodeNameHeader, c.node)
		request.Header.Set(nodePasswordHeader, c.password)
		request.Header.Set(nodeIPHeader, c.ip)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return text, nil
	case http.StatusForbidden:
		return nil, fmt.Errorf("Node password rejected, duplicate hostname or contents of '%s' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag", nodePasswordFile)
	default:
		return nil, fmt.Errorf("%s%s: %s: %s", c.server, path, response.Status, strings.TrimSpace(string(text)))
	}
}

func nodePassword() (string, error) {
	text, err := os.ReadFile(nodePasswordFile)
	if errors.Is(err, fs.ErrNotExist) {
		password, err := pki.NewPassword()
		if err != nil {
			return "", err
		}
		return password, pki.WriteFile(nodePasswordFile, []byte(password+"\n"), 0o600)
	}
	return strings.TrimSpace(string(text)), err
}

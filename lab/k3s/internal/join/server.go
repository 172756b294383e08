// Package join is how a node gets from a token to its certificates: the server's side and the node's.
package join

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"sophia-infra/lab/k3s/internal/pki"
)

// ClusterFile holds what every node must know of the cluster, below the data directory.
const ClusterFile = "server/etc/cluster.json"

// Headers with which a node says who it is.
const (
	nodeNameHeader     = "k3s-Node-Name"
	nodePasswordHeader = "k3s-Node-Password"
	nodeIPHeader       = "k3s-Node-Ip"
)

// Server answers joining nodes.
type Server struct {
	dataDir string
	// ownNode is the name of the node that the server itself is.
	ownNode string
	client  kubernetes.Interface
	mux     *http.ServeMux
}

// NewServer serves the cluster whose secrets are in dataDir; node passwords are kept through the API.
func NewServer(dataDir, ownNode string, api *rest.Config) (*Server, error) {
	client, err := kubernetes.NewForConfig(api)
	if err != nil {
		return nil, err
	}
	s := &Server{dataDir: dataDir, ownNode: ownNode, client: client, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { reply(w, []byte("pong")) })
	s.mux.HandleFunc("GET /cacerts", s.file("server/tls/server-ca.crt"))
	s.mux.HandleFunc("PUT /v1-k3s/token", s.known(s.rotate, "server"))
	s.mux.HandleFunc("GET /v1-k3s/readyz", s.known(func(w http.ResponseWriter, _ *http.Request) { reply(w, []byte("ok")) }))
	s.mux.HandleFunc("GET /v1-k3s/config", s.known(s.file(ClusterFile)))
	s.mux.HandleFunc("GET /v1-k3s/server-ca.crt", s.known(s.file("server/tls/server-ca.crt")))
	s.mux.HandleFunc("GET /v1-k3s/client-ca.crt", s.known(s.file("server/tls/client-ca.crt")))
	s.mux.HandleFunc("POST /v1-k3s/client-kubelet.crt", s.known(s.certificate("client-ca", func(node, _ string) pki.Subject {
		return pki.Subject{Name: "system:node:" + node, Groups: []string{"system:nodes"}}
	})))
	s.mux.HandleFunc("POST /v1-k3s/serving-kubelet.crt", s.known(s.certificate("server-ca", func(node, ip string) pki.Subject {
		return pki.Subject{Name: node, SANs: []string{node, "localhost", "127.0.0.1", ip}}
	})))
	s.mux.HandleFunc("POST /v1-k3s/client-kube-proxy.crt", s.known(s.certificate("client-ca", func(string, string) pki.Subject {
		return pki.Subject{Name: "system:kube-proxy"}
	})))
	s.mux.HandleFunc("POST /v1-k3s/client-k3s-controller.crt", s.known(s.certificate("client-ca", func(string, string) pki.Subject {
		return pki.Subject{Name: "system:k3s-controller"}
	})))
	return s, nil
}

// Before answers K3s's own paths and passes everything else on.
func (s *Server) Before(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping" || r.URL.Path == "/cacerts" || strings.HasPrefix(r.URL.Path, "/v1-k3s/") {
			s.mux.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// known lets through who shows the server's or the agents' password; where users are given, only those.
func (s *Server) known(next http.HandlerFunc, users ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		file := map[string]string{"server": "server/token", "node": "server/agent-token"}[user]
		ok := false
		if file != "" && (len(users) == 0 || slices.Contains(users, user)) {
			text, err := os.ReadFile(filepath.Join(s.dataDir, file))
			if err != nil {
				refuse(w, http.StatusInternalServerError, err)
				return
			}
			token, err := pki.ParseToken(strings.TrimSpace(string(text)), user)
			ok = err == nil && subtle.ConstantTimeCompare([]byte(token.Password), []byte(password)) == 1
		}
		if !ok {
			refuse(w, http.StatusUnauthorized, fmt.Errorf("Unauthorized"))
			return
		}
		next(w, r)
	}
}

// rotate is what `k3s token rotate` asks for: another server password, with which the server is started from now on.
// K3s seals the cluster's secrets with it at once; here the next start does.
func (s *Server) rotate(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		NewToken string `json:"newToken"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	var err error
	if asked.NewToken == "" {
		asked.NewToken, err = pki.NewPassword()
	}
	if err == nil {
		err = s.writeToken(asked.NewToken)
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
	}
}

func (s *Server) writeToken(password string) error {
	ca, err := os.ReadFile(filepath.Join(s.dataDir, "server/tls/server-ca.crt"))
	if err != nil {
		return err
	}
	token := pki.FormatToken(ca, "server", password)
	return pki.WriteFile(filepath.Join(s.dataDir, "server/token"), []byte(token+"\n"), 0o600)
}

func (s *Server) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := os.ReadFile(filepath.Join(s.dataDir, name))
		if err != nil {
			refuse(w, http.StatusServiceUnavailable, err)
			return
		}
		reply(w, text)
	}
}

// certificate signs the key that a node sends, for a name that the server chooses.
func (s *Server) certificate(authority string, subject func(node, ip string) pki.Subject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		node, ip := r.Header.Get(nodeNameHeader), r.Header.Get(nodeIPHeader)
		if node == "" {
			refuse(w, http.StatusBadRequest, fmt.Errorf("node name not set"))
			return
		}
		if status, err := s.checkNode(r.Context(), node, r.Header.Get(nodePasswordHeader)); err != nil {
			refuse(w, status, err)
			return
		}
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		request, err := pki.ReadRequest(text)
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		ca, err := pki.OpenAuthority(filepath.Join(s.dataDir, "server/tls", authority), authority)
		if err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
		signed, err := ca.Sign(request.PublicKey, subject(node, ip))
		if err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
		reply(w, signed)
	}
}

func reply(w http.ResponseWriter, text []byte) {
	if _, err := w.Write(text); err != nil {
		slog.Debug("a joining node went away", "error", err)
	}
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	answer := map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": err.Error(), "code": status}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		slog.Debug("a joining node went away", "error", err)
	}
}

package server

import (
	"fmt"
	"slices"
	"strings"

	"sophia-infra/lab/k3s/internal/config"
)

// loopback is where the parts of a server find the API.
const loopback = "https://127.0.0.1:6443"

// flags is a set of command-line flags; later values replace earlier ones.
type flags map[string]string

// arguments renders them in a stable order, the user's last: those win.
func (f flags) arguments(extra []string) []string {
	rendered := make([]string, 0, len(f)+len(extra))
	for name, value := range f {
		rendered = append(rendered, "--"+name+"="+value)
	}
	slices.Sort(rendered)
	for _, argument := range extra {
		rendered = append(rendered, "--"+strings.TrimLeft(argument, "-"))
	}
	return rendered
}

// userSets tells whether the user gives a flag, so that ours steps back.
func userSets(extra []string, name string) bool {
	return slices.ContainsFunc(extra, func(argument string) bool {
		return strings.HasPrefix(strings.TrimLeft(argument, "-"), name+"=")
	})
}

// apiserverArgs are K3s's own flags for the API server, except that it listens on the outer port itself.
func apiserverArgs(c *config.Config, advertise string) []string {
	tls := func(name string) string { return c.Path("server/tls", name) }
	issuer := "https://kubernetes.default.svc." + c.ClusterDomain
	extra := c.Args["kube-apiserver"]
	f := flags{
		"advertise-address":                  advertise,
		"allow-privileged":                   "true",
		"anonymous-auth":                     "false",
		"api-audiences":                      issuer + ",k3s",
		"authorization-mode":                 "Node,RBAC",
		"bind-address":                       "0.0.0.0",
		"cert-dir":                           c.Path("server/tls/temporary-certs"),
		"client-ca-file":                     tls("client-ca.crt"),
		"etcd-cafile":                        tls("etcd/server-ca.crt"),
		"etcd-certfile":                      tls("etcd/client.crt"),
		"etcd-keyfile":                       tls("etcd/client.key"),
		"etcd-servers":                       "https://127.0.0.1:2379",
		"kubelet-certificate-authority":      tls("server-ca.crt"),
		"kubelet-client-certificate":         tls("client-kube-apiserver.crt"),
		"kubelet-client-key":                 tls("client-kube-apiserver.key"),
		"kubelet-preferred-address-types":    "InternalIP,ExternalIP,Hostname",
		"profiling":                          "false",
		"proxy-client-cert-file":             tls("client-auth-proxy.crt"),
		"proxy-client-key-file":              tls("client-auth-proxy.key"),
		"requestheader-allowed-names":        "system:auth-proxy",
		"requestheader-client-ca-file":       tls("request-header-ca.crt"),
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-username-headers":     "X-Remote-User",
		"secure-port":                        "6443",
		"service-account-issuer":             issuer,
		"service-account-key-file":           tls("service.key"),
		"service-account-signing-key-file":   tls("service.key"),
		"service-cluster-ip-range":           c.ServiceCIDR,
		"service-node-port-range":            c.NodePortRange,
		"storage-backend":                    "etcd3",
		"tls-cert-file":                      tls("serving-kube-apiserver.crt"),
		"tls-private-key-file":               tls("serving-kube-apiserver.key"),
		"v":                                  fmt.Sprint(c.Verbose),
	}
	if !userSets(extra, "enable-admission-plugins") {
		f["enable-admission-plugins"] = "NodeRestriction"
	}
	if c.SecretsEncryption {
		f["encryption-provider-config"] = encryptionFile(c)
	}
	return f.arguments(extra)
}

func controllerManagerArgs(c *config.Config) []string {
	tls := func(name string) string { return c.Path("server/tls", name) }
	kubeconfig := c.Path("server/cred/controller.kubeconfig")
	f := flags{
		"allocate-node-cidrs":       "true",
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig":  kubeconfig,
		"bind-address":              "127.0.0.1",
		"cluster-cidr":              c.ClusterCIDR,
		"cluster-signing-cert-file": tls("client-ca.crt"),
		"cluster-signing-key-file":  tls("client-ca.key"),
		"configure-cloud-routes":    "false",
		"controllers":               "*,tokencleaner",
		// It asks for all kinds, and for a token for each controller, before it gives the first node its pod range: its
		// own limit of 20 requests a second makes that seconds.
		"kube-api-burst":                   "200",
		"kube-api-qps":                     "100",
		"kubeconfig":                       kubeconfig,
		"leader-elect":                     "false",
		"profiling":                        "false",
		"root-ca-file":                     tls("server-ca.crt"),
		"service-account-private-key-file": tls("service.key"),
		"service-cluster-ip-range":         c.ServiceCIDR,
		"use-service-account-credentials":  "true",
		"v":                                fmt.Sprint(c.Verbose),
	}
	return f.arguments(c.Args["kube-controller-manager"])
}

func schedulerArgs(c *config.Config) []string {
	kubeconfig := c.Path("server/cred/scheduler.kubeconfig")
	f := flags{
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig":  kubeconfig,
		"bind-address":              "127.0.0.1",
		"kubeconfig":                kubeconfig,
		"leader-elect":              "false",
		"profiling":                 "false",
		"v":                         fmt.Sprint(c.Verbose),
	}
	return f.arguments(c.Args["kube-scheduler"])
}

package config

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Config is what a node is asked to be.
type Config struct {
	Role    Role
	DataDir string
	Verbose int

	Token, AgentToken string
	// Join is the URL of the server to join; empty on the first server.
	Join               string
	ClusterInit        bool
	Reset              bool
	RestorePath        string
	NodeName           string
	NodeIP, ExternalIP string
	AdvertiseAddress   string
	TLSSan             []string
	Labels, Taints     []string
	Kubeconfig         string
	KubeconfigMode     os.FileMode
	Disable            []string
	SecretsEncryption  bool
	EtcdExposeMetrics  bool
	Snapshots          Snapshots
	Args               map[string][]string
	ProtectKernel      bool
	DefaultRuntime     string
	PauseImage         string
	Registries         string
	ResolvConf         string
	FlannelIface       string
	Cluster
}

// Cluster is what all nodes share; agents get it from their server.
type Cluster struct {
	ClusterCIDR       string `json:"clusterCIDR"`
	ServiceCIDR       string `json:"serviceCIDR"`
	NodePortRange     string `json:"nodePortRange"`
	ClusterDNS        string `json:"clusterDNS"`
	ClusterDomain     string `json:"clusterDomain"`
	FlannelBackend    string `json:"flannelBackend"`
	FlannelExternalIP bool   `json:"flannelExternalIP"`
	DisableCCM        bool   `json:"disableCCM"`
	DisableNetpol     bool   `json:"disableNetworkPolicy"`
}

// Snapshots says when etcd is saved, and where to.
type Snapshots struct {
	Off       bool
	Name      string
	Cron      string
	Retention int
	Dir       string
}

// Components that K3s packages; the stand-in has neither servicelb nor traefik, so that there is nothing to disable.
var Components = []string{"coredns", "local-storage", "metrics-server", "servicelb", "traefik", "runtimes"}

// Of understands values. Everything it refuses names the key.
func Of(role Role, values Values) (*Config, error) {
	text := func(name string) string { return last(values[name]) }
	var faults []string
	on := func(name string) bool {
		if text(name) == "" {
			return false
		}
		value, err := strconv.ParseBool(text(name))
		if err != nil {
			faults = append(faults, fmt.Sprintf("invalid value %q for flag -%s: expected true or false", text(name), name))
		}
		return value
	}
	number := func(name string) int {
		if text(name) == "" {
			return 0
		}
		value, err := strconv.Atoi(text(name))
		if err != nil {
			faults = append(faults, fmt.Sprintf("invalid value %q for flag -%s: expected a number", text(name), name))
		}
		return value
	}
	c := &Config{
		Role: role, DataDir: text("data-dir"), Verbose: number("v"),
		Token: text("token"), AgentToken: text("agent-token"), Join: text("server"),
		ClusterInit: on("cluster-init"), Reset: on("cluster-reset"), RestorePath: text("cluster-reset-restore-path"),
		NodeName: text("node-name"), AdvertiseAddress: text("advertise-address"),
		TLSSan: commas(values["tls-san"]), Labels: values["node-label"], Taints: values["node-taint"],
		Kubeconfig: text("write-kubeconfig"), Disable: commas(values["disable"]),
		SecretsEncryption: on("secrets-encryption"), EtcdExposeMetrics: on("etcd-expose-metrics"),
		Snapshots: Snapshots{
			Off: on("etcd-disable-snapshots"), Name: text("etcd-snapshot-name"), Cron: text("etcd-snapshot-schedule-cron"),
			Retention: number("etcd-snapshot-retention"), Dir: text("etcd-snapshot-dir"),
		},
		ProtectKernel: on("protect-kernel-defaults"), DefaultRuntime: text("default-runtime"),
		PauseImage: text("pause-image"), Registries: text("private-registry"), ResolvConf: text("resolv-conf"),
		FlannelIface: text("flannel-iface"),
		Args:         map[string][]string{},
		Cluster: Cluster{
			ClusterCIDR: text("cluster-cidr"), ServiceCIDR: text("service-cidr"),
			NodePortRange: text("service-node-port-range"), ClusterDNS: text("cluster-dns"),
			ClusterDomain: text("cluster-domain"), FlannelBackend: text("flannel-backend"),
			FlannelExternalIP: on("flannel-external-ip"), DisableCCM: on("disable-cloud-controller"),
			DisableNetpol: on("disable-network-policy"),
		},
	}
	if on("debug") && c.Verbose < 4 {
		c.Verbose = 4
	}
	for _, part := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"} {
		c.Args[part] = values[part+"-arg"]
	}
	for name, into := range map[string]*string{"node-ip": &c.NodeIP, "node-external-ip": &c.ExternalIP} {
		addresses := commas(values[name])
		if len(addresses) > 1 {
			faults = append(faults, fmt.Sprintf("the lab's k3s does not support more than one %s", name))
		}
		*into = last(addresses)
		if *into != "" && net.ParseIP(*into) == nil {
			faults = append(faults, fmt.Sprintf("invalid %s %q: expected an IP address", name, *into))
		}
	}
	for name, into := range map[string]*string{"token-file": &c.Token, "agent-token-file": &c.AgentToken} {
		if text(name) == "" {
			continue
		}
		content, err := os.ReadFile(text(name))
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", name, err))
		}
		*into = strings.TrimSpace(string(content))
	}
	if mode, err := strconv.ParseUint(or(text("write-kubeconfig-mode"), "600"), 8, 32); err != nil {
		faults = append(faults, fmt.Sprintf("write-kubeconfig-mode: %q is not an octal file mode", text("write-kubeconfig-mode")))
	} else {
		c.KubeconfigMode = os.FileMode(mode)
	}
	if c.NodeName == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("node-name is not set and the host has no name: %w", err)
		}
		c.NodeName = strings.ToLower(name)
	}
	c.Snapshots.Dir = or(c.Snapshots.Dir, filepath.Join(c.DataDir, "server/db/snapshots"))
	faults = append(faults, c.faults()...)
	if len(faults) > 0 {
		slices.Sort(faults)
		return nil, fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return c, nil
}

// faults are contradictions between keys, and values that the stand-in has no way to honour.
func (c *Config) faults() (faults []string) {
	if c.Role == Agent {
		if c.Join == "" {
			faults = append(faults, "--server is required")
		}
		if c.Token == "" {
			faults = append(faults, "--token is required")
		}
	}
	if c.Join != "" && !strings.HasPrefix(c.Join, "https://") {
		faults = append(faults, fmt.Sprintf("--server must be an https:// URL, got %q", c.Join))
	}
	if c.Role == Server {
		for _, name := range c.Disable {
			if !slices.Contains(Components, name) {
				faults = append(faults, fmt.Sprintf("disable: %q is not a packaged component", name))
			}
		}
		if c.Join != "" {
			faults = append(faults, "the lab's k3s does not support joining further servers to a cluster (server on a server)")
		} else if !c.ClusterInit && !c.Reset {
			faults = append(faults, "the lab's k3s keeps its state in embedded etcd only: set cluster-init: true")
		}
		if !slices.Contains([]string{"host-gw", "vxlan", "wireguard-native", "none"}, c.FlannelBackend) {
			faults = append(faults, fmt.Sprintf("unknown flannel-backend %q", c.FlannelBackend))
		}
		if _, network, err := net.ParseCIDR(c.ServiceCIDR); err != nil {
			faults = append(faults, fmt.Sprintf("service-cidr: %v", err))
		} else if c.ClusterDNS == "" {
			c.ClusterDNS = Nth(network, 10).String()
		}
		if _, _, err := net.ParseCIDR(c.ClusterCIDR); err != nil {
			faults = append(faults, fmt.Sprintf("cluster-cidr: %v", err))
		}
	}
	return faults
}

// Disabled tells whether a packaged component is switched off.
func (c *Config) Disabled(component string) bool { return slices.Contains(c.Disable, component) }

// Path is a path in the data directory.
func (c *Config) Path(parts ...string) string {
	return filepath.Join(append([]string{c.DataDir}, parts...)...)
}

// Nth is the n-th address of an IPv4 network.
func Nth(network *net.IPNet, n int) net.IP {
	ip := slices.Clone(network.IP.To4())
	for i := len(ip) - 1; i >= 0 && n > 0; i-- {
		n += int(ip[i])
		ip[i], n = byte(n), n>>8
	}
	return ip
}

func commas(texts []string) (all []string) {
	for _, text := range texts {
		for _, part := range strings.Split(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

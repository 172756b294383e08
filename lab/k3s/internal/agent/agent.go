// Package agent is a node: containerd, kubelet, kube-proxy, the pod network and network policies.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/join"
	"sophia-infra/lab/k3s/internal/parts"
	"sophia-infra/lab/k3s/internal/pki"
)

// Annotations with which a node tells the server its addresses.
const (
	InternalIPAnnotation = "k3s.io/internal-ip"
	ExternalIPAnnotation = "k3s.io/external-ip"
	HostnameAnnotation   = "k3s.io/hostname"
)

// Agent is one node.
type Agent struct {
	c     *config.Config
	group *parts.Group
}

// New prepares a node whose parts run in group.
func New(c *config.Config, group *parts.Group) *Agent { return &Agent{c: c, group: group} }

// Run is `k3s agent`.
func Run(ctx context.Context, c *config.Config) error {
	if err := FindAddress(c); err != nil {
		return err
	}
	group, ctx := parts.NewGroup(ctx)
	node := New(c, group)
	group.Go(func() error {
		if err := node.Join(ctx, c); err != nil {
			return err
		}
		if err := node.StartRuntime(ctx); err != nil {
			return err
		}
		if err := node.Start(ctx); err != nil {
			return err
		}
		slog.Info("k3s agent is up and running")
		return parts.Notify("READY=1")
	})
	return group.Wait()
}

// FindAddress settles node-ip: the address of the interface that the default route takes.
func FindAddress(c *config.Config) error {
	if c.NodeIP != "" {
		return nil
	}
	routes, err := netlink.RouteGet(net.IPv4(1, 1, 1, 1))
	if err != nil || len(routes) == 0 {
		return fmt.Errorf("node-ip is not set and cannot be found: no default route (%w)", err)
	}
	c.NodeIP = routes[0].Src.String()
	return nil
}

// Start starts everything that needs the certificates of Join and the runtime of StartRuntime.
func (a *Agent) Start(ctx context.Context) error {
	if err := CheckBackend(a.c); err != nil {
		return err
	}
	if err := a.startKubelet(); err != nil {
		return err
	}
	a.group.Self("kube-proxy", a.kubeProxyArgs())
	node, err := a.register(ctx)
	if err != nil {
		return err
	}
	if err := a.startNetwork(ctx, node); err != nil {
		return err
	}
	if a.c.DisableNetpol {
		return nil
	}
	return a.startPolicies(ctx)
}

// Join gets this node's certificates from the server that c names. Like K3s it waits for the server without an end:
// one that is not there yet, or does not know the token yet, is the normal case.
func (a *Agent) Join(ctx context.Context, c *config.Config) error {
	dir := a.c.Path("agent")
	err := parts.Until(ctx, "server "+c.Join, math.MaxInt64, func(ctx context.Context) error {
		client, err := join.Connect(ctx, c)
		if err != nil {
			return fmt.Errorf("Failed to validate connection to cluster at %s: %w", c.Join, err)
		}
		if a.c.Cluster, err = client.Cluster(ctx); err != nil {
			return err
		}
		if err := client.Authorities(ctx, dir); err != nil {
			return err
		}
		for _, name := range []string{"client-kubelet", "serving-kubelet", "client-kube-proxy", "client-k3s-controller"} {
			if err := client.Certificate(ctx, dir, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for file, cert := range map[string]string{"kubelet": "client-kubelet", "kubeproxy": "client-kube-proxy", "k3scontroller": "client-k3s-controller"} {
		base := filepath.Join(dir, cert)
		k := pki.Kubeconfig{Server: c.Join, CA: filepath.Join(dir, "server-ca.crt"), Cert: base + ".crt", Key: base + ".key"}
		if err := k.Write(a.kubeconfig(file), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) kubeconfig(name string) string { return a.c.Path("agent", name+".kubeconfig") }

// register waits until the kubelet has made its Node and the server has given it a range of pod addresses.
func (a *Agent) register(ctx context.Context) (*core.Node, error) {
	config, err := clientcmd.BuildConfigFromFlags("", a.kubeconfig("kubelet"))
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q,%q:%q,%q:%q}}}`,
		InternalIPAnnotation, a.c.NodeIP, ExternalIPAnnotation, a.c.ExternalIP, HostnameAnnotation, a.c.NodeName)
	var node *core.Node
	annotated := false
	err = parts.Until(ctx, "node "+a.c.NodeName+" to be registered and have a pod range", 10*time.Minute, func(ctx context.Context) (err error) {
		if !annotated {
			if _, err := client.CoreV1().Nodes().Patch(ctx, a.c.NodeName, types.StrategicMergePatchType, []byte(patch), meta.PatchOptions{}); err != nil {
				return err
			}
			annotated = true
		}
		if node, err = client.CoreV1().Nodes().Get(ctx, a.c.NodeName, meta.GetOptions{}); err != nil {
			return err
		}
		if node.Spec.PodCIDR == "" {
			return errors.New("no pod range yet")
		}
		return nil
	})
	return node, err
}

// resolvConf is the file from which pods without cluster DNS, and the cluster's DNS itself, get their resolvers.
// Like K3s, it makes one up when the host's resolvers are loopback addresses, which mean something else in a pod.
func (a *Agent) resolvConf() (string, error) {
	if a.c.ResolvConf != "" {
		return a.c.ResolvConf, nil
	}
	for _, path := range []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"} {
		text, err := os.ReadFile(path)
		if err == nil && usableResolvers(string(text)) {
			return path, nil
		}
	}
	path := a.c.Path("agent/etc/resolv.conf")
	slog.Warn("Host resolv.conf includes loopback or multicast nameservers - kubelet will use autogenerated resolv.conf with nameserver 8.8.8.8")
	return path, pki.WriteFile(path, []byte("nameserver 8.8.8.8\n"), 0o644)
}

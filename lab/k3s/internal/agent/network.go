package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/flannel-io/flannel/pkg/backend"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr/iptables"
	"github.com/vishvananda/netlink"
	core "k8s.io/api/core/v1"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/parts"
	"sophia-infra/lab/k3s/internal/pki"

	// Each backend registers itself under its name.
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	_ "github.com/flannel-io/flannel/pkg/backend/wireguard"
)

// annotationPrefix is where flannel keeps a node's part of the network.
const annotationPrefix = "flannel.alpha.coreos.com"

// resync is after how many seconds flannel puts firewall rules back that somebody removed.
const resync = 50

func (a *Agent) cniDir() string { return a.c.Path("agent/etc/cni/net.d") }

// CheckBackend refuses a backend that this kernel cannot do, before anything is built on it.
func CheckBackend(c *config.Config) error {
	if c.FlannelBackend != "wireguard-native" {
		return nil
	}
	probe := &netlink.Wireguard{LinkAttrs: netlink.LinkAttrs{Name: "k3s-wg-probe"}}
	if err := netlink.LinkAdd(probe); err != nil {
		return fmt.Errorf("flannel-backend wireguard-native: this kernel cannot make a wireguard device (%w); use host-gw or vxlan here", err)
	}
	return netlink.LinkDel(probe)
}

// startNetwork joins the node's range of pod addresses to the cluster's network, by flannel as K3s does, and then
// tells containerd how to plug pods in: from here on the node is Ready.
func (a *Agent) startNetwork(ctx context.Context, node *core.Node) error {
	if a.c.FlannelBackend == "none" {
		return nil
	}
	link, err := a.outerInterface()
	if err != nil {
		return err
	}
	outer := &backend.ExternalInterface{Iface: link, IfaceName: link.Name, IfaceAddr: net.ParseIP(a.c.NodeIP), ExtAddr: net.ParseIP(a.c.NodeIP)}
	if a.c.FlannelExternalIP {
		if outer.ExtAddr = net.ParseIP(a.c.ExternalIP); outer.ExtAddr == nil {
			return errors.New("flannel-external-ip needs a node-external-ip on every node")
		}
	}
	kind := a.c.FlannelBackend
	settings := map[string]any{"Type": kind}
	if kind == "wireguard-native" {
		settings = map[string]any{"Type": "wireguard", "PersistentKeepaliveInterval": 25}
	}
	text, err := json.Marshal(map[string]any{"Network": a.c.ClusterCIDR, "EnableIPv4": true, "Backend": settings})
	if err != nil {
		return err
	}
	file := a.c.Path("agent/etc/flannel/net-conf.json")
	if err := pki.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	// Flannel's own way of being told whose part of the network to serve.
	if err := os.Setenv("NODE_NAME", a.c.NodeName); err != nil {
		return err
	}
	manager, err := kube.NewSubnetManager(ctx, "", a.kubeconfig("k3scontroller"), annotationPrefix, file, false)
	if err != nil {
		return fmt.Errorf("start flannel: %w", err)
	}
	settled, err := manager.GetNetworkConfig(ctx)
	if err != nil {
		return err
	}
	flannel, err := backend.NewManager(ctx, manager, outer).GetBackend(settled.BackendType)
	if err != nil {
		return fmt.Errorf("flannel-backend %s: %w", kind, err)
	}
	var network backend.Network
	if err := parts.Until(ctx, "flannel to take its lease", time.Minute, func(ctx context.Context) (err error) {
		network, err = flannel.RegisterNetwork(ctx, &sync.WaitGroup{}, settled)
		return err
	}); err != nil {
		return err
	}
	rules := &iptables.IPTablesManager{}
	if err := rules.Init(ctx); err != nil {
		return err
	}
	none6 := ip.IP6Net{}
	lease := network.Lease()
	if err := rules.SetupAndEnsureMasqRules(ctx, settled.Network, lease.Subnet, settled.Network, none6, none6, none6, lease, resync, false); err != nil {
		return fmt.Errorf("flannel's address translation: %w", err)
	}
	rules.SetupAndEnsureForwardRules(ctx, settled.Network, none6, resync)
	a.group.Go(func() error { network.Run(ctx); return nil })
	return a.writeCNI(node.Spec.PodCIDR, network.MTU())
}

// outerInterface is the network interface that has the node's address.
func (a *Agent) outerInterface() (*net.Interface, error) {
	if a.c.FlannelIface != "" {
		return net.InterfaceByName(a.c.FlannelIface)
	}
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		addresses, err := link.Addrs()
		if err != nil {
			return nil, err
		}
		for _, address := range addresses {
			if network, ok := address.(*net.IPNet); ok && network.IP.String() == a.c.NodeIP {
				return &link, nil
			}
		}
	}
	return nil, fmt.Errorf("node-ip %s is not an address of this host", a.c.NodeIP)
}

// writeCNI writes what K3s's flannel plugin hands on: a bridge, addresses from the node's range, and host ports.
func (a *Agent) writeCNI(podRange string, mtu int) error {
	type object = map[string]any
	text, err := json.MarshalIndent(object{
		"name": "cbr0", "cniVersion": "1.0.0",
		"plugins": []object{
			{
				"type": "bridge", "bridge": "cni0", "mtu": mtu, "isDefaultGateway": true, "hairpinMode": true,
				"forceAddress": true, "ipMasq": false,
				"ipam": object{
					"type": "host-local", "ranges": [][]object{{{"subnet": podRange}}},
					"routes": []object{{"dst": a.c.ClusterCIDR}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
			{"type": "bandwidth", "capabilities": object{"bandwidth": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	return pki.WriteFile(filepath.Join(a.cniDir(), "10-flannel.conflist"), text, 0o600)
}

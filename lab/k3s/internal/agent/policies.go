package agent

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/vishvananda/netlink"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// startPolicies enforces NetworkPolicies with kube-router's controller, as K3s does. K3s goes on without them where
// the host lacks ipset; here that is an error, because nobody would notice.
func (a *Agent) startPolicies(ctx context.Context) error {
	for _, program := range []string{"iptables", "ipset"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("network policies need %s: install the package, or set disable-network-policy: true", program)
		}
	}
	restConfig, err := clientcmd.BuildConfigFromFlags("", a.kubeconfig("k3scontroller"))
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	config := options.NewKubeRouterConfig()
	config.ClusterIPCIDRs = []string{a.c.ServiceCIDR}
	config.EnableIPv4 = true
	config.NodePortRange = strings.ReplaceAll(a.c.NodePortRange, "-", ":")
	config.HostnameOverride = a.c.NodeName
	config.RunFirewall = true

	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		return ctx.Err()
	}
	iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return fmt.Errorf("start network policies: %w", err)
	}
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &sync.Mutex{},
		&netlink.Handle{}, iptables, ipsets)
	if err != nil {
		return fmt.Errorf("start network policies: %w", err)
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods: controller.PodEventHandler, namespaces: controller.NamespaceEventHandler, policies: controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	// The controller reports its heartbeat into this channel and blocks when nobody listens.
	health := make(chan *healthcheck.ControllerHeartbeat)
	a.group.Go(func() error {
		for {
			select {
			case <-health:
			case <-ctx.Done():
				return nil
			}
		}
	})
	var running sync.WaitGroup
	running.Add(1)
	go controller.Run(health, ctx.Done(), &running)
	slog.Info("Enforcing network policies")
	return nil
}

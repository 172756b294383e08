package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	cloudapi "k8s.io/cloud-provider/api"

	"sophia-infra/lab/k3s/internal/agent"
	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/join"
)

// manageNodes does what K3s's own controllers do with nodes: it gives them the addresses that they announce and their
// role, keeps their names in the cluster's DNS, and forgets the password of a node that is deleted, so that another
// machine may take its name.
func manageNodes(ctx context.Context, c *config.Config, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	touch := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	if _, err := nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { touch() },
		UpdateFunc: func(any, any) { touch() },
		DeleteFunc: func(object any) {
			if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			if node, ok := object.(*core.Node); ok {
				err := client.CoreV1().Secrets(meta.NamespaceSystem).Delete(ctx, join.PasswordSecret(node.Name), meta.DeleteOptions{})
				if err != nil && !apierrors.IsNotFound(err) {
					slog.Error("Cannot delete the password of a deleted node", "node", node.Name, "error", err)
				}
			}
			touch()
		},
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	hosts := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		var all []*core.Node
		for _, object := range nodes.Informer().GetStore().List() {
			if node, ok := object.(*core.Node); ok {
				all = append(all, node)
			}
		}
		for _, node := range all {
			if err := settle(ctx, c, client, node); err != nil && ctx.Err() == nil {
				slog.Error("Cannot settle node", "node", node.Name, "error", err)
			}
		}
		if current := nodeHosts(all); current != hosts && !c.Disabled("coredns") {
			if err := writeNodeHosts(ctx, client, current); err != nil {
				slog.Debug("Cannot write the nodes' names for DNS yet", "error", err)
				continue
			}
			hosts = current
		}
	}
}

// settle brings one node up to date where it is not.
func settle(ctx context.Context, c *config.Config, client kubernetes.Interface, node *core.Node) error {
	nodes := client.CoreV1().Nodes()
	if node.Name == c.NodeName && node.Labels["node-role.kubernetes.io/control-plane"] == "" {
		patch := `{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"true","node-role.kubernetes.io/etcd":"true"}}}`
		if _, err := nodes.Patch(ctx, node.Name, types.StrategicMergePatchType, []byte(patch), meta.PatchOptions{}); err != nil {
			return err
		}
	}
	internal := node.Annotations[agent.InternalIPAnnotation]
	if c.DisableCCM || internal == "" {
		return nil
	}
	addresses := []core.NodeAddress{{Type: core.NodeInternalIP, Address: internal}}
	if external := node.Annotations[agent.ExternalIPAnnotation]; external != "" {
		addresses = append(addresses, core.NodeAddress{Type: core.NodeExternalIP, Address: external})
	}
	addresses = append(addresses, core.NodeAddress{Type: core.NodeHostName, Address: node.Annotations[agent.HostnameAnnotation]})
	if !slices.Equal(addresses, node.Status.Addresses) {
		patch, err := json.Marshal(map[string]any{"status": map[string]any{"addresses": append([]any{map[string]string{"$patch": "replace"}}, anys(addresses)...)}})
		if err != nil {
			return err
		}
		if _, err := nodes.PatchStatus(ctx, node.Name, patch); err != nil {
			return fmt.Errorf("set addresses: %w", err)
		}
	}
	isNew := func(taint core.Taint) bool { return taint.Key == cloudapi.TaintExternalCloudProvider }
	if node.Spec.ProviderID == "" || slices.ContainsFunc(node.Spec.Taints, isNew) {
		taints := slices.DeleteFunc(slices.Clone(node.Spec.Taints), isNew)
		patch, err := json.Marshal(map[string]any{
			// The version makes the patch fail rather than drop a taint that somebody adds at the same moment.
			"metadata": map[string]any{"resourceVersion": node.ResourceVersion},
			"spec":     map[string]any{"providerID": "k3s://" + node.Name, "taints": taints},
		})
		if err != nil {
			return err
		}
		if _, err := nodes.Patch(ctx, node.Name, types.MergePatchType, patch, meta.PatchOptions{}); err != nil && !apierrors.IsConflict(err) {
			return fmt.Errorf("initialise: %w", err)
		}
	}
	return nil
}

func anys[T any](values []T) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}

// nodeHosts renders the nodes as a hosts file.
func nodeHosts(nodes []*core.Node) string {
	var lines []string
	for _, node := range nodes {
		for _, address := range node.Status.Addresses {
			if address.Type == core.NodeInternalIP && net.ParseIP(address.Address) != nil {
				lines = append(lines, address.Address+" "+node.Name)
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func writeNodeHosts(ctx context.Context, client kubernetes.Interface, hosts string) error {
	patch, err := json.Marshal(map[string]any{"data": map[string]string{"NodeHosts": hosts}})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().ConfigMaps(meta.NamespaceSystem).Patch(ctx, "coredns", types.MergePatchType, patch, meta.PatchOptions{})
	return err
}

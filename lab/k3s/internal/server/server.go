// Package server is a K3s server: etcd, the control plane, what it deploys, and a node like any other.
package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"sophia-infra/lab/k3s/internal/agent"
	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/join"
	"sophia-infra/lab/k3s/internal/parts"
	"sophia-infra/lab/k3s/internal/pki"
)

// Run runs a server until ctx ends or one of its parts does.
func Run(ctx context.Context, c *config.Config) error {
	if err := agent.FindAddress(c); err != nil {
		return err
	}
	if c.Reset {
		return reset(ctx, c)
	}
	if err := agent.CheckBackend(c); err != nil {
		return err
	}
	if err := clearResetFlag(c); err != nil {
		return err
	}
	if err := prepare(c); err != nil {
		return err
	}
	etcd, err := startEtcd(ctx, etcdConfig(c))
	if err != nil {
		return err
	}
	defer etcd.Close()
	if err := keepSecrets(ctx, c); err != nil {
		return err
	}

	group, ctx := parts.NewGroup(ctx)
	group.Go(func() error {
		select {
		case err := <-etcd.Err():
			return fmt.Errorf("etcd ended: %w", err)
		case <-ctx.Done():
			return nil
		}
	})
	node := agent.New(c, group)
	group.Self("kube-apiserver", apiserverArgs(c, advertised(c)), dataDirEnv+"="+c.DataDir, ownNodeEnv+"="+c.NodeName)
	if err := node.StartRuntime(ctx); err != nil {
		return err
	}
	admin, err := clientcmd.BuildConfigFromFlags("", c.Path("server/cred/admin.kubeconfig"))
	if err != nil {
		return err
	}
	group.Go(func() error { return afterStart(ctx, c, group, node, admin) })
	return group.Wait()
}

// afterStart is what needs a running API.
func afterStart(ctx context.Context, c *config.Config, group *parts.Group, node *agent.Agent, admin *rest.Config) error {
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return err
	}
	if err := parts.Until(ctx, "kube-apiserver to be ready", 5*time.Minute, func(ctx context.Context) error {
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}); err != nil {
		return err
	}
	group.Self("kube-controller-manager", controllerManagerArgs(c))
	group.Self("kube-scheduler", schedulerArgs(c))
	own := *c
	own.Join = loopback
	token, err := os.ReadFile(c.Path("server/token"))
	if err != nil {
		return err
	}
	own.Token = strings.TrimSpace(string(token))
	if err := deploy(ctx, c, admin); err != nil {
		return err
	}
	group.Go(func() error { return watchManifests(ctx, c, admin) })
	group.Go(func() error { return manageNodes(ctx, c, client) })
	if err := scheduleSnapshots(ctx, c); err != nil {
		return err
	}
	if err := node.Join(ctx, &own); err != nil {
		return err
	}
	if err := node.Start(ctx); err != nil {
		return err
	}
	slog.Info("k3s is up and running")
	return parts.Notify("READY=1")
}

// prepare writes everything that the parts read: authorities, certificates, tokens and kubeconfigs.
func prepare(c *config.Config) error {
	if err := restoreSecrets(c); err != nil {
		return err
	}
	tls := c.Path("server/tls")
	cluster, err := pki.OpenCluster(tls)
	if err != nil {
		return err
	}
	sans, err := names(c)
	if err != nil {
		return err
	}
	if err := cluster.IssueServer(sans, []string{"localhost", "127.0.0.1", c.NodeIP, c.NodeName}); err != nil {
		return err
	}
	if err := writeTokens(c, cluster.Server.PEM); err != nil {
		return err
	}
	if c.SecretsEncryption {
		if err := writeEncryption(c); err != nil {
			return err
		}
	}
	for file, cert := range map[string]string{"admin": "client-admin", "controller": "client-controller", "scheduler": "client-scheduler"} {
		base := filepath.Join(tls, cert)
		k := pki.Kubeconfig{Server: loopback, CA: filepath.Join(tls, "server-ca.crt"), Cert: base + ".crt", Key: base + ".key"}
		if err := k.Write(c.Path("server/cred", file+".kubeconfig"), 0o600); err != nil {
			return err
		}
	}
	admin := filepath.Join(tls, "client-admin")
	k := pki.Kubeconfig{Server: loopback, CA: filepath.Join(tls, "server-ca.crt"), Cert: admin + ".crt", Key: admin + ".key", Embed: true}
	if err := k.Write(c.Kubeconfig, c.KubeconfigMode); err != nil {
		return err
	}
	text, err := json.Marshal(c.Cluster)
	if err != nil {
		return err
	}
	return pki.WriteFile(c.Path(join.ClusterFile), text, 0o600)
}

// names are the names and addresses under which clients reach the API.
func names(c *config.Config) ([]string, error) {
	_, services, err := net.ParseCIDR(c.ServiceCIDR)
	if err != nil {
		return nil, err
	}
	all := append([]string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + c.ClusterDomain,
		"localhost", "127.0.0.1", c.NodeName, c.NodeIP, config.Nth(services, 1).String(),
	}, c.TLSSan...)
	for _, more := range []string{c.ExternalIP, c.AdvertiseAddress} {
		if more != "" {
			all = append(all, more)
		}
	}
	return all, nil
}

// advertised is the address of the API in the `kubernetes` Service. K3s takes the node's external address where it
// has one; a loopback address (a lab's way of publishing a host) cannot be reached by pods and is passed over.
func advertised(c *config.Config) string {
	if c.AdvertiseAddress != "" {
		return c.AdvertiseAddress
	}
	if ip := net.ParseIP(c.ExternalIP); ip != nil && !ip.IsLoopback() {
		return c.ExternalIP
	}
	return c.NodeIP
}

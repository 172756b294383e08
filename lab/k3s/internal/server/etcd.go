package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"sophia-infra/lab/k3s/internal/config"
)

// etcdConfig is etcd as K3s embeds it: clients on loopback and the node's address over TLS, peers on the node's
// address, metrics over plain HTTP on loopback unless they are to be seen by others.
func etcdConfig(c *config.Config) *embed.Config {
	cert := func(name string) string { return c.Path("server/tls/etcd", name) }
	e := embed.NewConfig()
	e.Name = c.NodeName
	e.Dir = c.Path("server/db/etcd")
	e.LogLevel = "warn"
	e.Logger = "zap"
	e.LogOutputs = []string{"stderr"}
	e.WarningUnaryRequestDuration = time.Second
	e.ListenClientUrls = urls("https://127.0.0.1:2379", "https://"+c.NodeIP+":2379")
	e.AdvertiseClientUrls = urls("https://" + c.NodeIP + ":2379")
	e.ListenPeerUrls = urls("https://127.0.0.1:2380", "https://"+c.NodeIP+":2380")
	e.AdvertisePeerUrls = urls("https://" + c.NodeIP + ":2380")
	metrics := "127.0.0.1"
	if c.EtcdExposeMetrics {
		metrics = c.NodeIP
	}
	e.ListenMetricsUrls = urls("http://" + metrics + ":2381")
	e.InitialCluster = e.InitialClusterFromName(e.Name)
	e.ClientTLSInfo = transport.TLSInfo{
		CertFile: cert("server-client.crt"), KeyFile: cert("server-client.key"),
		TrustedCAFile: cert("server-ca.crt"), ClientCertAuth: true,
	}
	e.PeerTLSInfo = transport.TLSInfo{
		CertFile: cert("peer-server-client.crt"), KeyFile: cert("peer-server-client.key"),
		TrustedCAFile: cert("peer-ca.crt"), ClientCertAuth: true,
	}
	// A node's address may change over a reboot; the single member then only has to be told so.
	e.StrictReconfigCheck = false
	return e
}

func startEtcd(ctx context.Context, e *embed.Config) (*embed.Etcd, error) {
	etcd, err := embed.StartEtcd(e)
	if err != nil {
		return nil, fmt.Errorf("start etcd in %s: %w", e.Dir, err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		slog.Info("Running etcd")
		return etcd, nil
	case err := <-etcd.Err():
		return nil, fmt.Errorf("etcd ended: %w", err)
	case <-time.After(2 * time.Minute):
		etcd.Close()
		return nil, fmt.Errorf("waited 2m for etcd in %s to be ready; its log above says why it is not", e.Dir)
	case <-ctx.Done():
		etcd.Close()
		return nil, ctx.Err()
	}
}

// etcdClient connects to this server's own etcd.
func etcdClient(c *config.Config) (*clientv3.Client, error) {
	config, err := etcdTLS(c)
	if err != nil {
		return nil, err
	}
	return clientv3.New(clientv3.Config{Endpoints: []string{"https://127.0.0.1:2379"}, TLS: config, DialTimeout: 5 * time.Second})
}

func etcdTLS(c *config.Config) (*tls.Config, error) {
	cert := func(name string) string { return c.Path("server/tls/etcd", name) }
	info := transport.TLSInfo{CertFile: cert("client.crt"), KeyFile: cert("client.key"), TrustedCAFile: cert("server-ca.crt")}
	return info.ClientConfig()
}

func urls(texts ...string) (parsed []url.URL) {
	for _, text := range texts {
		u, err := url.Parse(text)
		if err != nil {
			panic(fmt.Sprintf("an address of ours is no URL: %v", err))
		}
		parsed = append(parsed, *u)
	}
	return parsed
}

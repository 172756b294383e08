package pki

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Cluster is a server's set of authorities.
type Cluster struct {
	Server, Client, RequestHeader, EtcdServer, EtcdPeer *Authority
	dir                                                 string
}

// Secrets are the files below server/tls that make a cluster itself: they travel with a snapshot (sealed), so that a
// lost server can be rebuilt elsewhere without its nodes noticing.
var Secrets = []string{
	"server-ca.crt", "server-ca.key", "client-ca.crt", "client-ca.key", "request-header-ca.crt", "request-header-ca.key",
	"etcd/server-ca.crt", "etcd/server-ca.key", "etcd/peer-ca.crt", "etcd/peer-ca.key", "service.key",
}

// OpenCluster reads the authorities of a server from its tls folder and makes the missing ones.
func OpenCluster(dir string) (*Cluster, error) {
	c := &Cluster{dir: dir}
	for name, into := range map[string]**Authority{
		"server-ca": &c.Server, "client-ca": &c.Client, "request-header-ca": &c.RequestHeader,
		"etcd/server-ca": &c.EtcdServer, "etcd/peer-ca": &c.EtcdPeer,
	} {
		authority, err := OpenAuthority(filepath.Join(dir, name), filepath.Base(name))
		if err != nil {
			return nil, err
		}
		*into = authority
	}
	serviceKey := filepath.Join(dir, "service.key")
	if _, err := os.Stat(serviceKey); errors.Is(err, fs.ErrNotExist) {
		key, err := NewKey()
		if err != nil {
			return nil, err
		}
		return c, WriteKey(serviceKey, key)
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// IssueServer issues everything that the parts of a server show each other. `sans` are the names and addresses
// under which clients reach the API; `etcdSANs` those of etcd.
func (c *Cluster) IssueServer(sans, etcdSANs []string) error {
	masters := []string{"system:masters"}
	for _, leaf := range []struct {
		by      *Authority
		file    string
		subject Subject
	}{
		{c.Server, "serving-kube-apiserver", Subject{Name: "kube-apiserver", SANs: sans}},
		{c.Client, "client-admin", Subject{Name: "system:admin", Groups: masters}},
		{c.Client, "client-kube-apiserver", Subject{Name: "system:apiserver", Groups: masters}},
		{c.Client, "client-controller", Subject{Name: "system:kube-controller-manager"}},
		{c.Client, "client-scheduler", Subject{Name: "system:kube-scheduler"}},
		{c.RequestHeader, "client-auth-proxy", Subject{Name: "system:auth-proxy"}},
		{c.EtcdServer, "etcd/client", Subject{Name: "etcd-client"}},
		{c.EtcdServer, "etcd/server-client", Subject{Name: "etcd-server", SANs: etcdSANs}},
		{c.EtcdPeer, "etcd/peer-server-client", Subject{Name: "etcd-peer", SANs: etcdSANs}},
	} {
		if err := leaf.by.Issue(filepath.Join(c.dir, leaf.file), leaf.subject); err != nil {
			return err
		}
	}
	return nil
}

package pki

import (
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig describes how one client reaches the API.
type Kubeconfig struct {
	Server string
	// CA, Cert and Key are files.
	CA, Cert, Key string
	// Embed puts the files' content into the kubeconfig, for use elsewhere.
	Embed bool
}

// Write writes it with K3s's names: everything is called "default".
func (k Kubeconfig) Write(path string, mode os.FileMode) error {
	cluster := &api.Cluster{Server: k.Server, CertificateAuthority: k.CA}
	user := &api.AuthInfo{ClientCertificate: k.Cert, ClientKey: k.Key}
	if k.Embed {
		var err error
		if cluster.CertificateAuthorityData, err = os.ReadFile(k.CA); err != nil {
			return err
		}
		if user.ClientCertificateData, err = os.ReadFile(k.Cert); err != nil {
			return err
		}
		if user.ClientKeyData, err = os.ReadFile(k.Key); err != nil {
			return err
		}
		cluster.CertificateAuthority, user.ClientCertificate, user.ClientKey = "", "", ""
	}
	text, err := clientcmd.Write(api.Config{
		Clusters:       map[string]*api.Cluster{"default": cluster},
		AuthInfos:      map[string]*api.AuthInfo{"default": user},
		Contexts:       map[string]*api.Context{"default": {Cluster: "default", AuthInfo: "default"}},
		CurrentContext: "default",
	})
	if err != nil {
		return err
	}
	return WriteFile(path, text, mode)
}

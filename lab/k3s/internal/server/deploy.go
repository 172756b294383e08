package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/pki"
)

// packaged are the components that come with K3s. Those with a name in config.Components can be disabled.
//
//go:embed manifests/*.yaml
var packaged embed.FS

// manifestPoll is how often server/manifests is looked at for changes.
const manifestPoll = 5 * time.Second

// deployer applies manifests to the cluster.
type deployer struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
	done   map[string][sha256.Size]byte
}

func newDeployer(admin *rest.Config) (*deployer, error) {
	// The client's own limit, 5 requests a second, would keep the first node waiting for what it may do.
	unlimited := rest.CopyConfig(admin)
	unlimited.QPS = -1
	client, err := dynamic.NewForConfig(unlimited)
	if err != nil {
		return nil, err
	}
	known, err := discovery.NewDiscoveryClientForConfig(unlimited)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(known))
	return &deployer{client: client, mapper: mapper, done: map[string][sha256.Size]byte{}}, nil
}

// deploy writes the packaged manifests to server/manifests, and removes what has been disabled since.
func deploy(ctx context.Context, c *config.Config, admin *rest.Config) error {
	d, err := newDeployer(admin)
	if err != nil {
		return err
	}
	entries, err := packaged.ReadDir("manifests")
	if err != nil {
		return err
	}
	fill := strings.NewReplacer("%{CLUSTER_DNS}%", c.ClusterDNS, "%{CLUSTER_DOMAIN}%", c.ClusterDomain,
		"%{DEFAULT_LOCAL_STORAGE_PATH}%", c.Path("storage"))
	for _, entry := range entries {
		text, err := packaged.ReadFile("manifests/" + entry.Name())
		if err != nil {
			return err
		}
		path := c.Path("server/manifests", entry.Name())
		if !c.Disabled(strings.TrimSuffix(entry.Name(), ".yaml")) {
			if err := pki.WriteFile(path, []byte(fill.Replace(string(text))), 0o600); err != nil {
				return err
			}
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := d.remove(ctx, path); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// watchManifests applies the files of server/manifests now and whenever one changes. A file that cannot be applied
// (its types may come with a later one) is tried again at the next look.
func watchManifests(ctx context.Context, c *config.Config, admin *rest.Config) error {
	d, err := newDeployer(admin)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(manifestPoll)
	defer ticker.Stop()
	for {
		files, err := manifestFiles(c.Path("server/manifests"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := d.applyFile(ctx, file); err != nil && ctx.Err() == nil {
				slog.Error("Failed to process manifest", "file", file, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// manifestFiles lists the manifests below dir; one with a neighbour <name>.skip is left out, as in K3s.
func manifestFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			return nil
		}
		if _, err := os.Stat(path + ".skip"); err == nil {
			return nil
		}
		files = append(files, path)
		return nil
	})
	return files, err
}

func (d *deployer) applyFile(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(text)
	if d.done[path] == digest {
		return nil
	}
	err = d.each(text, func(object *unstructured.Unstructured) error {
		resource, err := d.resource(object)
		if err != nil {
			return err
		}
		_, err = resource.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "deploy@k3s", Force: true})
		return err
	})
	if err == nil {
		d.done[path] = digest
		slog.Info("Applied manifest", "file", path)
	}
	return err
}

func (d *deployer) remove(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return d.each(text, func(object *unstructured.Unstructured) error {
		resource, err := d.resource(object)
		if err != nil {
			return err
		}
		if err := resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	})
}

// each calls do for every document; the first fault of each is reported, the others still happen.
func (d *deployer) each(text []byte, do func(*unstructured.Unstructured) error) error {
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var faults []error
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return errors.Join(faults...)
		} else if err != nil {
			return err
		}
		if len(object.Object) == 0 {
			continue
		}
		if err := do(object); err != nil {
			faults = append(faults, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err))
		}
	}
}

func (d *deployer) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := d.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		d.mapper.Reset()
		mapping, err = d.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return d.client.Resource(mapping.Resource), nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return d.client.Resource(mapping.Resource).Namespace(namespace), nil
}

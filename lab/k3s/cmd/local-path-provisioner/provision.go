package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// helperDeadline is how long a pod that makes or removes a folder may take.
const helperDeadline = 2 * time.Minute

type provisioner struct {
	client     kubernetes.Interface
	configFile string
	namespace  string
	// helper is the image of the pods that work on a node: this program's own.
	helper string
}

// Provision makes a folder on the node that the scheduler chose.
func (p *provisioner) Provision(ctx context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim, node := options.PVC, options.SelectedNodeName
	if node == "" {
		return nil, controller.ProvisioningFinished, errors.New("configuration error, no node was specified: the class needs volumeBindingMode WaitForFirstConsumer")
	}
	for _, mode := range claim.Spec.AccessModes {
		if mode != core.ReadWriteOnce && mode != core.ReadWriteOncePod {
			return nil, controller.ProvisioningFinished, fmt.Errorf("only ReadWriteOnce and ReadWriteOncePod access modes are supported, not %s", mode)
		}
	}
	text, err := os.ReadFile(p.configFile)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	base, err := basePath(text, node, options.StorageClass.Parameters)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	folder := folderOf(base, options.PVName, claim.Namespace, claim.Name)
	if err := p.onNode(ctx, "setup", node, options.PVName, folder); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    claim.Spec.VolumeMode,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: folder}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node}}},
			}}}},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes a volume's folder; where its node is gone, so is the folder.
func (p *provisioner) Delete(ctx context.Context, volume *core.PersistentVolume) error {
	if volume.Spec.Local == nil || volume.Spec.NodeAffinity == nil {
		return fmt.Errorf("volume %s was not made by %s", volume.Name, provisionerName)
	}
	terms := volume.Spec.NodeAffinity.Required.NodeSelectorTerms
	if len(terms) != 1 || len(terms[0].MatchExpressions) != 1 || len(terms[0].MatchExpressions[0].Values) != 1 {
		return fmt.Errorf("volume %s does not name one node", volume.Name)
	}
	node := terms[0].MatchExpressions[0].Values[0]
	if _, err := p.client.CoreV1().Nodes().Get(ctx, node, meta.GetOptions{}); apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	return p.onNode(ctx, "teardown", node, volume.Name, volume.Spec.Local.Path)
}

// onNode runs this program's `verb folder` in a pod on the node and waits for it.
func (p *provisioner) onNode(ctx context.Context, verb, node, volume, folder string) error {
	pods := p.client.CoreV1().Pods(p.namespace)
	name := "helper-pod-" + map[string]string{"setup": "create", "teardown": "delete"}[verb] + "-" + volume
	kind := core.HostPathDirectoryOrCreate
	base := filepath.Dir(folder)
	limits := core.ResourceList{core.ResourceCPU: resource.MustParse("100m"), core.ResourceMemory: resource.MustParse("64Mi")}
	pod := &core.Pod{
		ObjectMeta: meta.ObjectMeta{Name: name, Namespace: p.namespace},
		Spec: core.PodSpec{
			RestartPolicy: core.RestartPolicyNever,
			NodeName:      node,
			Tolerations:   []core.Toleration{{Operator: core.TolerationOpExists}},
			Volumes:       []core.Volume{{Name: "data", VolumeSource: core.VolumeSource{HostPath: &core.HostPathVolumeSource{Path: base, Type: &kind}}}},
			Containers: []core.Container{{
				Name: "helper-pod", Image: p.helper, ImagePullPolicy: core.PullIfNotPresent,
				Args:         []string{verb, folder},
				VolumeMounts: []core.VolumeMount{{Name: "data", MountPath: base}},
				Resources:    core.ResourceRequirements{Limits: limits},
			}},
		},
	}
	if _, err := pods.Create(ctx, pod, meta.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	last := core.PodPending
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, helperDeadline, true, func(ctx context.Context) (bool, error) {
		found, err := pods.Get(ctx, name, meta.GetOptions{})
		if err != nil {
			return false, err
		}
		last = found.Status.Phase
		if last == core.PodFailed {
			return false, errors.New("the pod failed")
		}
		return last == core.PodSucceeded, nil
	})
	now := int64(0)
	deleted := pods.Delete(context.WithoutCancel(ctx), name, meta.DeleteOptions{GracePeriodSeconds: &now})
	if err != nil {
		return fmt.Errorf("%s of %s on node %s by pod %s (%s): %w", verb, folder, node, name, last, err)
	}
	return deleted
}

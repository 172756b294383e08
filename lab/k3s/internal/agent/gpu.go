package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sophia-infra/lab/k3s/internal/pki"
)

// gpuFile says which GPUs a lab host pretends to have.
const gpuFile = "/etc/lab-gpus.json"

// gpuSpec writes the specification that containers of the nvidia class start from, and returns its path; empty where
// the host has no GPUs. NVIDIA's runtime brings the driver into such containers; the lab's brings the list of GPUs.
func gpuSpec(ctx context.Context, dir string) (string, error) {
	list, err := gpuList("/etc/machine-id")
	if err != nil || list == nil {
		return "", err
	}
	listFile := filepath.Join(dir, "lab-gpus.json")
	if err := pki.WriteFile(listFile, list, 0o644); err != nil {
		return "", err
	}
	text, err := exec.CommandContext(ctx, "ctr", "oci", "spec").Output()
	if err != nil {
		return "", fmt.Errorf("ctr oci spec: %w", err)
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return "", fmt.Errorf("ctr oci spec: %w", err)
	}
	mounts, _ := spec["mounts"].([]any)
	spec["mounts"] = append(mounts, map[string]any{
		"destination": gpuFile, "type": "bind", "source": listFile, "options": []string{"rbind", "ro"},
	})
	if text, err = json.Marshal(spec); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nvidia-base-spec.json")
	return path, pki.WriteFile(path, text, 0o600)
}

// gpuList is what containers see: the model and the same UUIDs that the host's nvidia-smi prints.
func gpuList(machineIDFile string) ([]byte, error) {
	text, err := os.ReadFile(gpuFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var host struct {
		Count int    `json:"count"`
		Model string `json:"model"`
	}
	if err := json.Unmarshal(text, &host); err != nil {
		return nil, fmt.Errorf("%s: %w", gpuFile, err)
	}
	if host.Count == 0 {
		return nil, nil
	}
	id, err := os.ReadFile(machineIDFile)
	if err != nil {
		return nil, err
	}
	var uuids []string
	for i := range host.Count {
		uuids = append(uuids, fmt.Sprintf("GPU-%.8s-%04d", strings.TrimSpace(string(id)), i))
	}
	return json.Marshal(map[string]any{"model": host.Model, "uuids": uuids})
}

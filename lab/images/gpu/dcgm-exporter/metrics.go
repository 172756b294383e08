package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/podresources/v1"
)

const (
	resource      = "nvidia.com/gpu"
	gpuFile       = "/etc/lab-gpus.json"
	kubeletSocket = "/var/lib/kubelet/pod-resources/kubelet.sock"
)

// gpus is what the lab's container runtime brings into containers of its nvidia class.
type gpus struct {
	Model string   `json:"model"`
	UUIDs []string `json:"uuids"`
}

func readGPUs(path string) (found gpus, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return found, fmt.Errorf("no GPUs: %w: this pod needs runtimeClassName nvidia, on a host that has GPUs", err)
	}
	return found, json.Unmarshal(text, &found)
}

// counter is one line of the file of counters: field, Prometheus's type, help.
type counter struct{ field, kind, help string }

// levels are the fields that the lab can make up, each from how busy the GPU is.
var levels = map[string]func(percent int) int{
	"DCGM_FI_DEV_GPU_UTIL":    func(percent int) int { return percent },
	"DCGM_FI_DEV_FB_USED":     func(percent int) int { return 10 * percent },
	"DCGM_FI_DEV_FB_FREE":     func(percent int) int { return 23028 - 10*percent },
	"DCGM_FI_DEV_GPU_TEMP":    func(percent int) int { return 30 + percent/2 },
	"DCGM_FI_DEV_POWER_USAGE": func(percent int) int { return 20 + percent },
}

func readCounters(path string) ([]counter, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("DCGM_EXPORTER_COLLECTORS: %w", err)
	}
	return parseCounters(string(text))
}

// parseCounters refuses what NVIDIA's exporter has and the lab has not, so that nobody waits for it in vain.
func parseCounters(text string) (counters []counter, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, ",", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("%q is not: field, type, help", line)
		}
		one := counter{strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])}
		if levels[one.field] == nil {
			return nil, fmt.Errorf("the lab's GPUs do not measure %s", one.field)
		}
		counters = append(counters, one)
	}
	if len(counters) == 0 {
		return nil, errors.New("there are no counters")
	}
	return counters, nil
}

// utilisation is what was set last, in percent; idle at first.
func utilisation(path string) (int, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// holder is a container that has a slice of a GPU.
type holder struct{ uuid, slice, namespace, pod, container string }

// holders asks the kubelet, as NVIDIA's exporter does.
func holders(ctx context.Context) ([]holder, error) {
	conn, err := grpc.NewClient("unix://"+kubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	list, err := api.NewPodResourcesListerClient(conn).List(ctx, &api.ListPodResourcesRequest{})
	if err != nil {
		return nil, fmt.Errorf("the kubelet's list of devices: %w", err)
	}
	return holdersIn(list), nil
}

func holdersIn(list *api.ListPodResourcesResponse) (all []holder) {
	for _, pod := range list.GetPodResources() {
		for _, container := range pod.GetContainers() {
			for _, devices := range container.GetDevices() {
				if devices.GetResourceName() != resource {
					continue
				}
				for _, id := range devices.GetDeviceIds() {
					uuid, slice, _ := strings.Cut(id, "::")
					all = append(all, holder{uuid, slice, pod.GetNamespace(), pod.GetName(), container.GetName()})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b holder) int { return strings.Compare(a.uuid+a.slice, b.uuid+b.slice) })
	return all
}

// render repeats a GPU's value for each container that shares it, as KUBERNETES_VIRTUAL_GPUS has NVIDIA's exporter do;
// a GPU that nobody holds is shown once.
func render(counters []counter, found gpus, host string, held []holder, percent int) string {
	var text strings.Builder
	for _, one := range counters {
		fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %s %s\n", one.field, one.help, one.field, one.kind)
		for index, uuid := range found.UUIDs {
			labels := fmt.Sprintf("gpu=\"%d\",UUID=%q,device=\"nvidia%d\",modelName=%q,Hostname=%q", index, uuid, index, found.Model, host)
			value := levels[one.field](percent)
			shown := false
			for _, by := range held {
				if by.uuid != uuid {
					continue
				}
				shown = true
				fmt.Fprintf(&text, "%s{%s,container=%q,namespace=%q,pod=%q,vgpu=%q} %d\n", one.field, labels, by.container, by.namespace, by.pod, by.slice, value)
			}
			if !shown {
				fmt.Fprintf(&text, "%s{%s} %d\n", one.field, labels, value)
			}
		}
	}
	return text.String()
}

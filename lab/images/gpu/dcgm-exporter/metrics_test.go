package main

import (
	"path/filepath"
	"strings"
	"testing"

	api "k8s.io/kubelet/pkg/apis/podresources/v1"
)

const counters = "# comment\nDCGM_FI_DEV_GPU_UTIL, gauge, GPU utilization (in %).\n"

func TestASharedGPUIsShownForEachHolder(t *testing.T) {
	parsed, err := parseCounters(counters)
	if err != nil {
		t.Fatal(err)
	}
	pod := func(name string, ids ...string) *api.PodResources {
		return &api.PodResources{Namespace: "mcp", Name: name, Containers: []*api.ContainerResources{{
			Name: "server",
			Devices: []*api.ContainerDevices{
				{ResourceName: resource, DeviceIds: ids},
				{ResourceName: "other.test/x", DeviceIds: []string{"GPU-a"}},
			},
		}}}
	}
	held := holdersIn(&api.ListPodResourcesResponse{PodResources: []*api.PodResources{pod("b", "GPU-a::1"), pod("a", "GPU-a::0")}})
	text := render(parsed, gpus{Model: "A10", UUIDs: []string{"GPU-a", "GPU-b"}}, "mcp-node", held, 95)
	for _, line := range []string{
		`DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",device="nvidia0",modelName="A10",Hostname="mcp-node",container="server",namespace="mcp",pod="a",vgpu="0"} 95`,
		`DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",device="nvidia0",modelName="A10",Hostname="mcp-node",container="server",namespace="mcp",pod="b",vgpu="1"} 95`,
		`DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-b",device="nvidia1",modelName="A10",Hostname="mcp-node"} 95`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if got := strings.Count(text, "\nDCGM"); got != 3 {
		t.Errorf("%d series, want 3:\n%s", got, text)
	}
}

func TestCountersThatTheLabHasNotAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"DCGM_FI_PROF_GR_ENGINE_ACTIVE, gauge, x": "do not measure DCGM_FI_PROF_GR_ENGINE_ACTIVE",
		"DCGM_FI_DEV_GPU_UTIL":                    "is not: field, type, help",
		"# nothing":                               "no counters",
	} {
		if _, err := parseCounters(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestGPUsAreIdleAtFirst(t *testing.T) {
	if percent, err := utilisation(filepath.Join(t.TempDir(), "none")); percent != 0 || err != nil {
		t.Errorf("got %d, %v", percent, err)
	}
}

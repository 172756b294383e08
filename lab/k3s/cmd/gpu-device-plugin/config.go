package main

import (
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

const gpuResource = "nvidia.com/gpu"

// pluginConfig is the part of the plugin's configuration that means something without a driver.
type pluginConfig struct {
	Version string         `json:"version"`
	Flags   map[string]any `json:"flags"`
	Sharing struct {
		TimeSlicing struct {
			RenameByDefault            bool               `json:"renameByDefault"`
			FailRequestsGreaterThanOne bool               `json:"failRequestsGreaterThanOne"`
			Resources                  []replicatedDevice `json:"resources"`
		} `json:"timeSlicing"`
		MPS json.RawMessage `json:"mps"`
	} `json:"sharing"`
	Resources json.RawMessage `json:"resources"`
}

type replicatedDevice struct {
	Name     string `json:"name"`
	Rename   string `json:"rename"`
	Replicas int    `json:"replicas"`
	Devices  any    `json:"devices"`
}

// sharing is how the GPUs of this host are offered.
type sharing struct {
	resource   string
	replicas   int
	atMostOne  bool
	timeSliced bool
}

// gpus is what the lab's container runtime brings into containers of its nvidia class.
type gpus struct {
	Model string   `json:"model"`
	UUIDs []string `json:"uuids"`
}

const gpuFile = "/etc/lab-gpus.json"

func readGPUs(path string) (found gpus, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return found, fmt.Errorf("no GPUs: %w: this pod needs runtimeClassName nvidia, on a host that has GPUs", err)
	}
	return found, json.Unmarshal(text, &found)
}

func readSharing(path string) (sharing, error) {
	if path == "" {
		return sharing{resource: gpuResource, replicas: 1}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return sharing{}, err
	}
	if len(text) == 0 {
		// What the config manager's fallback "empty" leaves.
		return sharing{resource: gpuResource, replicas: 1}, nil
	}
	return parseSharing(text)
}

// parseSharing refuses what the lab cannot do, and what NVIDIA's plugin refuses.
func parseSharing(text []byte) (sharing, error) {
	var config pluginConfig
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		return sharing{}, fmt.Errorf("unable to parse config: %w", err)
	}
	if config.Version != "v1" {
		return sharing{}, fmt.Errorf("unknown version: %q", config.Version)
	}
	if strategy, ok := config.Flags["migStrategy"]; ok && strategy != "none" {
		return sharing{}, fmt.Errorf("the lab's GPUs do not support migStrategy %v", strategy)
	}
	if len(config.Sharing.MPS) > 0 {
		return sharing{}, fmt.Errorf("the lab's GPUs do not support sharing.mps")
	}
	if len(config.Resources) > 0 {
		return sharing{}, fmt.Errorf("the lab's GPUs do not support resources")
	}
	slicing := config.Sharing.TimeSlicing
	result := sharing{resource: gpuResource, replicas: 1}
	for _, one := range slicing.Resources {
		if one.Name != gpuResource {
			return sharing{}, fmt.Errorf("the lab's GPUs do not support sharing of %q", one.Name)
		}
		if one.Devices != nil && one.Devices != "all" {
			return sharing{}, fmt.Errorf("the lab's GPUs are shared all or none, not devices %v", one.Devices)
		}
		if one.Replicas < 2 {
			return sharing{}, fmt.Errorf("number of replicas must be >= 2, got %d", one.Replicas)
		}
		result.replicas, result.timeSliced, result.atMostOne = one.Replicas, true, slicing.FailRequestsGreaterThanOne
		switch {
		case one.Rename != "":
			result.resource = one.Rename
		case slicing.RenameByDefault:
			result.resource = gpuResource + ".shared"
		}
	}
	return result, nil
}

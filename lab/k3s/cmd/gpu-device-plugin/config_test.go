package main

import (
	"context"
	"strings"
	"testing"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

func TestSharing(t *testing.T) {
	s, err := parseSharing([]byte(`{version: v1, flags: {migStrategy: none}, sharing: {timeSlicing: {failRequestsGreaterThanOne: true, resources: [{name: nvidia.com/gpu, replicas: 4}]}}}`))
	if err != nil || s != (sharing{resource: "nvidia.com/gpu", replicas: 4, atMostOne: true, timeSliced: true}) {
		t.Errorf("got %+v, %v", s, err)
	}
	renamed, err := parseSharing([]byte(`{version: v1, sharing: {timeSlicing: {renameByDefault: true, resources: [{name: nvidia.com/gpu, replicas: 2}]}}}`))
	if err != nil || renamed.resource != "nvidia.com/gpu.shared" {
		t.Errorf("got %+v, %v", renamed, err)
	}
	for text, want := range map[string]string{
		"{version: v2}": "unknown version",
		"{version: v1, flags: {migStrategy: mixed}}": "migStrategy mixed",
		"{version: v1, sharing: {mps: {}}}":          "sharing.mps",
		"{version: v1, sharring: {}}":                "unknown field",
		"{version: v1, sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: 1}]}}}":               "replicas must be >= 2",
		"{version: v1, sharing: {timeSlicing: {resources: [{name: nvidia.com/mig-1g, replicas: 2}]}}}":            "nvidia.com/mig-1g",
		"{version: v1, sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, devices: [0], replicas: 2}]}}}": "devices",
	} {
		if _, err := parseSharing([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestAllocate(t *testing.T) {
	s := sharing{resource: gpuResource, replicas: 2, timeSliced: true}
	p := &plugin{sharing: s, devices: devicesOf([]string{"GPU-a", "GPU-b"}, s)}
	ask := func(ids ...string) (*api.AllocateResponse, error) {
		return p.Allocate(context.Background(), &api.AllocateRequest{ContainerRequests: []*api.ContainerAllocateRequest{{DevicesIds: ids}}})
	}
	given, err := ask("GPU-a::0", "GPU-a::1", "GPU-b::0")
	if err != nil || given.ContainerResponses[0].Envs["NVIDIA_VISIBLE_DEVICES"] != "GPU-a,GPU-b" {
		t.Errorf("got %v, %v", given, err)
	}
	if _, err := ask("GPU-c::0"); err == nil {
		t.Error("an unknown device was given")
	}
	p.sharing.atMostOne = true
	if _, err := ask("GPU-a::0", "GPU-a::1"); err == nil {
		t.Error("two slices were given")
	}
}

func TestChooseConfig(t *testing.T) {
	for _, one := range []struct {
		selected, preset string
		fallbacks, names []string
		want             string
		fails            bool
	}{
		{selected: "b", preset: "a", names: []string{"a", "b"}, want: "b"},
		{preset: "a", names: []string{"a", "b"}, want: "a"},
		{selected: "c", names: []string{"a"}, fails: true},
		{fallbacks: []string{"named", "single"}, names: []string{"default", "x"}, want: "default"},
		{fallbacks: []string{"named", "single"}, names: []string{"x"}, want: "x"},
		{fallbacks: []string{"named", "single"}, names: []string{"x", "y"}, fails: true},
		{fallbacks: []string{"empty"}, names: []string{"x", "y"}, want: ""},
	} {
		got, err := choose(one.selected, one.preset, one.fallbacks, one.names)
		if got != one.want || (err != nil) != one.fails {
			t.Errorf("%+v: got %q, %v", one, got, err)
		}
	}
}

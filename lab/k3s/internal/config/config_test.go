package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files writes config.yaml and its drop-ins and returns the path of the first.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.yaml")
}

func nothing(string) string { return "" }

func TestTheLastFileWinsUnlessItAppends(t *testing.T) {
	file := files(t, map[string]string{
		"config.yaml":             "token: first\nnode-label: [a=1]\ntls-san: [one]\n",
		"config.yaml.d/10-a.yaml": "token: second\nnode-label+: [b=2]\ntls-san: [two]\n",
		"config.yaml.d/20-b.yml":  "node-label+: c=3\n",
		"config.yaml.d/30.txt":    "token: ignored\n",
	})
	values, err := Parse(Server, []string{"-c", file, "--node-label=d=4", "--flannel-backend", "host-gw", "--cluster-init"}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][]string{
		"token": {"second"}, "node-label": {"a=1", "b=2", "c=3", "d=4"}, "tls-san": {"two"},
		"flannel-backend": {"host-gw"}, "cluster-init": {"true"}, "cluster-cidr": {"10.42.0.0/16"},
	} {
		if !slices.Equal(values[key], want) {
			t.Errorf("%s is %q, want %q", key, values[key], want)
		}
	}
}

func TestTheEnvironmentComesLast(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"K3S_TOKEN": "env", "K3S_URL": "https://env:6443"}[name]
	}
	file := files(t, map[string]string{"config.yaml": "token: file\n"})
	values, err := Parse(Agent, []string{"--config=" + file}, env)
	if err != nil {
		t.Fatal(err)
	}
	if last(values["token"]) != "file" || last(values["server"]) != "https://env:6443" {
		t.Errorf("got %q and %q", values["token"], values["server"])
	}
}

func TestStrangeKeysAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"nonsense: 1":             "flag provided but not defined: -nonsense",
		"cluster-init: true":      "flag provided but not defined: -cluster-init",
		"snapshotter: native":     "the lab's k3s does not support snapshotter",
		"node-label: {a: b}":      "node-label: expected a value or a list, got a mapping",
		"[1, 2]":                  "the file must hold keys and values",
		"node-ip: 1.2.3.4\n\tbad": "found a tab character",
	} {
		file := files(t, map[string]string{"config.yaml": text})
		if _, err := Parse(Agent, []string{"-c", file}, nothing); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	for _, args := range [][]string{{"stray"}, {"--token"}, {"--nonsense"}, {"-c", "/nowhere/config.yaml"}} {
		if _, err := Parse(Agent, args, nothing); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestFaultsAreReportedTogether(t *testing.T) {
	values := Values{"cluster-init": {"maybe"}, "node-ip": {"house"}, "disable": {"coredns,nothing"}, "flannel-backend": {"ipip"},
		"service-cidr": {"10.43.0.0/16"}, "cluster-cidr": {"10.42.0.0/16"}, "write-kubeconfig-mode": {"9"}}
	_, err := Of(Server, values)
	for _, want := range []string{"cluster-init", `node-ip "house"`, `"nothing" is not a packaged component`, `flannel-backend "ipip"`, "octal"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in: %v", want, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), `"coredns" is not`) {
		t.Error("coredns is a packaged component")
	}
}

func TestDefaultsFollowFromOtherKeys(t *testing.T) {
	values, err := Parse(Server, []string{"-c", files(t, map[string]string{"config.yaml": "cluster-init: true\nservice-cidr: 10.99.0.0/16\n"})}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Of(Server, values)
	if err != nil {
		t.Fatal(err)
	}
	if c.ClusterDNS != "10.99.0.10" || c.KubeconfigMode != 0o600 || c.Snapshots.Dir != "/var/lib/rancher/k3s/server/db/snapshots" {
		t.Errorf("got %s, %o, %s", c.ClusterDNS, c.KubeconfigMode, c.Snapshots.Dir)
	}
	if c.NodeName == "" {
		t.Error("the node has no name")
	}
}

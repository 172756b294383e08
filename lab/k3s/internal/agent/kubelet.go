package agent

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"sophia-infra/lab/k3s/internal/pki"
)

// startKubelet writes the kubelet's defaults as the first of its drop-ins, where operators add theirs, and starts it.
func (a *Agent) startKubelet() error {
	resolvConf, err := a.resolvConf()
	if err != nil {
		return err
	}
	agent := func(name string) string { return a.c.Path("agent", name) }
	type object = map[string]any
	text, err := yaml.Marshal(object{
		"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
		"address": "0.0.0.0",
		"authentication": object{
			"anonymous": object{"enabled": false},
			"webhook":   object{"enabled": true},
			"x509":      object{"clientCAFile": agent("client-ca.crt")},
		},
		"authorization": object{"mode": "Webhook"},
		// cgroupfs works on both versions of cgroups; hosts that are containers often have the first.
		"cgroupDriver":                  "cgroupfs",
		"failCgroupV1":                  false,
		"clusterDNS":                    []string{a.c.ClusterDNS},
		"clusterDomain":                 a.c.ClusterDomain,
		"containerRuntimeEndpoint":      "unix://" + Socket,
		"evictionHard":                  object{"imagefs.available": "5%", "nodefs.available": "5%"},
		"evictionMinimumReclaim":        object{"imagefs.available": "10%", "nodefs.available": "10%"},
		"failSwapOn":                    false,
		"healthzBindAddress":            "127.0.0.1",
		"localStorageCapacityIsolation": false,
		"protectKernelDefaults":         a.c.ProtectKernel,
		"resolvConf":                    resolvConf,
		"serializeImagePulls":           false,
		"staticPodPath":                 agent("pod-manifests"),
		"tlsCertFile":                   agent("serving-kubelet.crt"),
		"tlsPrivateKeyFile":             agent("serving-kubelet.key"),
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(agent("pod-manifests"), 0o700); err != nil {
		return err
	}
	dropIns := agent("etc/kubelet.conf.d")
	if err := pki.WriteFile(dropIns+"/00-k3s-defaults.conf", text, 0o600); err != nil {
		return err
	}
	arguments := []string{
		"--config-dir=" + dropIns,
		"--hostname-override=" + a.c.NodeName,
		"--kubeconfig=" + a.kubeconfig("kubelet"),
		"--node-ip=" + a.c.NodeIP,
		fmt.Sprintf("--v=%d", a.c.Verbose),
	}
	if len(a.c.Labels) > 0 {
		arguments = append(arguments, "--node-labels="+strings.Join(a.c.Labels, ","))
	}
	if len(a.c.Taints) > 0 {
		arguments = append(arguments, "--register-with-taints="+strings.Join(a.c.Taints, ","))
	}
	if !a.c.DisableCCM {
		arguments = append(arguments, "--cloud-provider=external")
	}
	a.group.Self("kubelet", append(arguments, dashes(a.c.Args["kubelet"])...))
	return nil
}

func (a *Agent) kubeProxyArgs() []string {
	arguments := []string{
		"--cluster-cidr=" + a.c.ClusterCIDR,
		// The limits are the whole machine's; a host that is a container may not set them.
		"--conntrack-max-per-core=0",
		"--conntrack-tcp-timeout-close-wait=0s",
		"--conntrack-tcp-timeout-established=0s",
		"--healthz-bind-address=127.0.0.1",
		"--hostname-override=" + a.c.NodeName,
		"--kubeconfig=" + a.kubeconfig("kubeproxy"),
		"--proxy-mode=iptables",
		fmt.Sprintf("--v=%d", a.c.Verbose),
	}
	return append(arguments, dashes(a.c.Args["kube-proxy"])...)
}

func dashes(arguments []string) (flags []string) {
	for _, argument := range arguments {
		flags = append(flags, "--"+strings.TrimLeft(argument, "-"))
	}
	return flags
}

// usableResolvers tells whether a resolv.conf has only nameservers that mean the same in a pod.
func usableResolvers(text string) bool {
	found := false
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		ip := net.ParseIP(fields[1])
		if ip == nil || ip.IsLoopback() || ip.IsMulticast() {
			return false
		}
		found = true
	}
	return found
}

// lookPath finds a program in PATH or in further folders.
func lookPath(name string, folders ...string) (string, bool) {
	for _, candidate := range append([]string{name}, prefixed(folders, name)...) {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, true
		}
	}
	return "", false
}

func prefixed(folders []string, name string) []string {
	paths := slices.Clone(folders)
	for i := range paths {
		paths[i] += "/" + name
	}
	return paths
}

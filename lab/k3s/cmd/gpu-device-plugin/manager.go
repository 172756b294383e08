package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// runConfigManager puts the configuration that this node's label names where the plugin reads it: once as an init
// container, and as a sidecar for as long as the pod lives.
func runConfigManager(ctx context.Context) error {
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	node, label := os.Getenv("NODE_NAME"), env("NODE_LABEL", "nvidia.com/device-plugin.config")
	if os.Getenv("ONESHOT") == "true" {
		found, err := client.CoreV1().Nodes().Get(ctx, node, meta.GetOptions{})
		if err != nil {
			return err
		}
		_, err = apply(found.Labels[label])
		return err
	}
	labels := make(chan string, 16)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(func(o *meta.ListOptions) {
		o.FieldSelector = fields.OneTermEqualSelector("metadata.name", node).String()
	}))
	send := func(object any) {
		if found, ok := object.(*core.Node); ok {
			labels <- found.Labels[label]
		}
	}
	if _, err := factory.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: send, UpdateFunc: func(_, object any) { send(object) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return nil
		case selected := <-labels:
			changed, err := apply(selected)
			if err != nil {
				return err
			}
			if changed && os.Getenv("SEND_SIGNAL") == "true" {
				if err := signalPlugin(env("PROCESS_TO_SIGNAL", "nvidia-device-plugin"), env("SIGNAL", "1")); err != nil {
					return err
				}
			}
		}
	}
}

// apply points CONFIG_FILE_DST at the selected configuration and tells whether that is a change.
func apply(selected string) (bool, error) {
	source, destination := os.Getenv("CONFIG_FILE_SRCDIR"), os.Getenv("CONFIG_FILE_DST")
	entries, err := os.ReadDir(source)
	if err != nil {
		return false, err
	}
	var names []string
	for _, entry := range entries {
		// A mounted ConfigMap has folders of its own that start with two dots.
		if !strings.HasPrefix(entry.Name(), "..") {
			names = append(names, entry.Name())
		}
	}
	name, err := choose(selected, os.Getenv("DEFAULT_CONFIG"), strings.Split(env("FALLBACK_STRATEGIES", "empty"), ","), names)
	if err != nil {
		return false, err
	}
	target := filepath.Join(source, name)
	if name == "" {
		target = os.DevNull
	}
	if current, err := os.Readlink(destination); err == nil && current == target {
		return false, nil
	}
	if err := os.Remove(destination); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	slog.Info("Updating to config", "name", name)
	return true, os.Symlink(target, destination)
}

// choose is NVIDIA's order: the node's label, the chart's default, then the fallbacks.
func choose(selected, preset string, fallbacks, names []string) (string, error) {
	for _, name := range []string{selected, preset} {
		if name == "" {
			continue
		}
		if !slices.Contains(names, name) {
			return "", fmt.Errorf("specified config %s does not exist", name)
		}
		return name, nil
	}
	for _, strategy := range fallbacks {
		switch {
		case strategy == "named" && slices.Contains(names, "default"):
			return "default", nil
		case strategy == "single" && len(names) == 1:
			return names[0], nil
		case strategy == "empty":
			return "", nil
		}
	}
	return "", fmt.Errorf("no valid fallback strategies for configs %v", names)
}

// signalPlugin finds the plugin among the pod's processes.
func signalPlugin(name, number string) error {
	signal, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("SIGNAL %q is not a number", number)
	}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			// The process ended meanwhile.
			continue
		}
		program, _, _ := strings.Cut(string(text), "\x00")
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if filepath.Base(program) == name && err == nil {
			return syscall.Kill(pid, syscall.Signal(signal))
		}
	}
	slog.Warn("No process to signal yet", "name", name)
	return nil
}

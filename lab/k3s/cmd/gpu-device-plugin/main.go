// gpu-device-plugin stands in for NVIDIA's device plugin on hosts that only pretend to have GPUs: the same chart,
// configuration and resources, without a driver. In the image it has NVIDIA's two names.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	run := runPlugin
	if filepath.Base(os.Args[0]) == "config-manager" {
		run = runConfigManager
	}
	if err := run(ctx); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

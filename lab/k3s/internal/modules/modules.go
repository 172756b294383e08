//go:build modules

// Package modules keeps programs that are built as they are in go.mod.
package modules

import (
	_ "github.com/cloudnative-pg/cloudnative-pg/cmd/manager"
	_ "sigs.k8s.io/metrics-server/cmd/metrics-server"
)

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"
)

// What Pulumi's documentation lists under ESC's providers and rotators; a name that is not there is a mistake.
var (
	providers = []string{
		"1password-secrets", "aws-login", "aws-parameter-store", "aws-secrets", "azure-login", "azure-secrets",
		"doppler-login", "doppler-secrets", "external", "gcp-login", "gcp-secrets", "gh-login", "infisical-login",
		"infisical-secrets", "pulumi-stacks", "snowflake-login", "terraform-state", "vault-login", "vault-secrets",
	}
	rotators = []string{
		"aws-iam", "azure-app-secret", "external", "mysql", "passphrase", "password", "postgres", "snowflake-user",
	}
)

// offline knows the names of providers and rotators, and opens none: their outputs are unknown.
type offline struct{}

func (offline) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	if !slices.Contains(providers, name) {
		return nil, fmt.Errorf("there is no provider %s; known are %v", name, providers)
	}
	return provider{}, nil
}

func (offline) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if !slices.Contains(rotators, name) {
		return nil, fmt.Errorf("there is no rotator %s; known are %v", name, rotators)
	}
	return rotator{}, nil
}

var errOffline = errors.New("no provider is called offline")

type provider struct{}

func (provider) Schema() (inputs, outputs *schema.Schema) { return schema.Always(), schema.Always() }

func (provider) Open(context.Context, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errOffline
}

type rotator struct{}

func (rotator) Schema() (inputs, state, outputs *schema.Schema) {
	return schema.Always(), schema.Always(), schema.Always()
}

func (rotator) Open(_ context.Context, _, _ map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errOffline
}

func (rotator) Rotate(_ context.Context, _, _ map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errOffline
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/syntax"
)

// request holds every definition by name, and which of them to evaluate.
type request struct {
	Environments map[string]string `json:"environments"`
	Evaluate     []string          `json:"evaluate"`
}

// diagnostic is a fault that the evaluator found, at a place in one definition.
type diagnostic struct {
	Environment string `json:"environment"`
	Line        int    `json:"line"`
	Column      int    `json:"column"`
	Message     string `json:"message"`
}

// answer is what one environment comes to. Exprs and Properties are Pulumi's own JSON form.
type answer struct {
	Diagnostics []diagnostic         `json:"diagnostics"`
	Exprs       map[string]esc.Expr  `json:"exprs"`
	Properties  map[string]esc.Value `json:"properties"`
}

func evaluateAll(asked request) (map[string]answer, error) {
	answers := map[string]answer{}
	for _, name := range asked.Evaluate {
		text, ok := asked.Environments[name]
		if !ok {
			return nil, fmt.Errorf("asked to evaluate %s, whose definition was not given", name)
		}
		made, err := evaluate(name, text, definitions(asked.Environments))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		answers[name] = made
	}
	return answers, nil
}

func evaluate(name, text string, all definitions) (answer, error) {
	result := answer{Diagnostics: []diagnostic{}}
	declared, diags, err := eval.LoadYAMLBytes(name, []byte(text))
	if err != nil {
		return result, err
	}
	result.add(name, diags)
	if diags.HasErrors() {
		return result, nil
	}
	execution, err := esc.NewExecContext(map[string]esc.Value{
		"pulumi": esc.NewValue(map[string]esc.Value{
			"user":         esc.NewValue(map[string]esc.Value{"id": esc.NewValue("offline"), "login": esc.NewValue("offline")}),
			"organization": esc.NewValue(map[string]esc.Value{"id": esc.NewValue("offline"), "login": esc.NewValue("offline")}),
		}),
	})
	if err != nil {
		return result, err
	}
	made, diags := eval.CheckEnvironment(
		context.Background(), name, declared, plain{}, offline{}, all, execution, true)
	result.add(name, diags)
	if made != nil {
		result.Exprs, result.Properties = made.Exprs, made.Properties
	}
	return result, nil
}

func (a *answer) add(name string, diags syntax.Diagnostics) {
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError && diag.Severity != hcl.DiagWarning {
			continue
		}
		said := diagnostic{Environment: name, Line: 1, Column: 1, Message: diag.Summary}
		if diag.Detail != "" {
			said.Message += "; " + diag.Detail
		}
		if diag.Subject != nil {
			said.Line, said.Column = diag.Subject.Start.Line, diag.Subject.Start.Column
			if diag.Subject.Filename != "" {
				said.Environment = withoutPin(diag.Subject.Filename)
			}
		}
		a.Diagnostics = append(a.Diagnostics, said)
	}
}

// definitions loads imports from what was given. A pin names a version that only the service knows: offline it
// stands for the definition at hand.
type definitions map[string]string

func (d definitions) LoadEnvironment(_ context.Context, name string) ([]byte, eval.Decrypter, error) {
	text, ok := d[withoutPin(name)]
	if !ok {
		return nil, nil, fmt.Errorf("there is no environment %s", withoutPin(name))
	}
	return []byte(text), plain{}, nil
}

func withoutPin(name string) string {
	bare, _, _ := strings.Cut(name, "@")
	return bare
}

// plain takes ciphertext for text: no definition that is evaluated here holds a real one.
type plain struct{}

func (plain) Decrypt(_ context.Context, ciphertext []byte) ([]byte, error) {
	return json.Marshal(string(ciphertext))
}

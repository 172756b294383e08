// Command podsecurity judges pods by Pod Security "restricted", with the code that the API server itself uses.
//
// It reads a JSON array of {id, metadata, spec} and writes a JSON object: what is said against each pod, by id.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type pod struct {
	ID       string            `json:"id"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     corev1.PodSpec    `json:"spec"`
}

func judge() error {
	var pods []pod
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&pods); err != nil {
		return fmt.Errorf("reading pods from standard input: %w", err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return fmt.Errorf("making Pod Security's evaluator: %w", err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	said := map[string][]string{}
	for _, each := range pods {
		said[each.ID] = []string{}
		for _, result := range evaluator.EvaluatePod(level, &each.Metadata, &each.Spec) {
			if !result.Allowed {
				said[each.ID] = append(said[each.ID], result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}

func main() {
	if err := judge(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

const anyNode = "DEFAULT_PATH_FOR_NON_LISTED_NODES"

// pathConfig is config.json: folders by node.
type pathConfig struct {
	NodePathMap []struct {
		Node  string   `json:"node"`
		Paths []string `json:"paths"`
	} `json:"nodePathMap"`
}

// basePath is the folder for new volumes on a node; a storage class may ask for one of several by parameter nodePath.
func basePath(text []byte, node string, parameters map[string]string) (string, error) {
	var config pathConfig
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return "", fmt.Errorf("config.json: %w", err)
	}
	wanted := ""
	for name, value := range parameters {
		if name != "nodePath" {
			return "", fmt.Errorf("the lab's local-path does not support the parameter %s", name)
		}
		wanted = value
	}
	var paths []string
	for _, listed := range []string{node, anyNode} {
		for _, entry := range config.NodePathMap {
			if entry.Node == listed && paths == nil {
				paths = entry.Paths
			}
		}
	}
	switch {
	case len(paths) == 0:
		return "", fmt.Errorf("no local path available on node %s", node)
	case wanted == "":
		return paths[0], nil
	case !slices.Contains(paths, wanted):
		return "", fmt.Errorf("config doesn't contain path %s on node %s", wanted, node)
	}
	return wanted, nil
}

// folderOf is a volume's folder; the claim's name in it is for people who look at the disk.
func folderOf(base, volume, namespace, claim string) string {
	return filepath.Join(base, strings.Join([]string{volume, namespace, claim}, "_"))
}

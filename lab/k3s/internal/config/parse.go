// Package config reads K3s's settings: config.yaml, its drop-ins, and the command line.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// DefaultFile is the only file that is read without being asked for.
const DefaultFile = "/etc/rancher/k3s/config.yaml"

// Values are settings before they are understood: every key has a list of texts.
type Values map[string][]string

// Parse reads the files and then the arguments, which win; lists of both are joined.
// A key that K3s does not have is refused in K3s's own words. (K3s itself refuses it for agents and on the
// command line, and only warns about it in a server's file: in the lab a misspelt key must never pass.)
func Parse(role Role, args []string, env func(string) string) (Values, error) {
	flags, err := parseFlags(args)
	if err != nil {
		return nil, err
	}
	file, given := last(flags["config"]), true
	if file == "" {
		file = env(Keys["config"].Env)
	}
	if file == "" {
		file, given = DefaultFile, false
	}
	values, err := readFiles(file, given)
	if err != nil {
		return nil, err
	}
	for name, texts := range flags {
		if Keys[name].Kind == List {
			values[name] = append(values[name], texts...)
		} else {
			values[name] = texts
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := check(role, name); err != nil {
			return nil, err
		}
	}
	for name, key := range Keys {
		if len(values[name]) == 0 && key.Env != "" && env(key.Env) != "" {
			values[name] = []string{env(key.Env)}
		}
		if len(values[name]) == 0 && key.Default != "" {
			values[name] = []string{key.Default}
		}
	}
	return values, nil
}

func check(role Role, name string) error {
	key, known := Keys[name]
	if !known || key.Role&role == 0 {
		return fmt.Errorf("flag provided but not defined: -%s", name)
	}
	if key.Unsupported {
		return fmt.Errorf("the lab's k3s does not support %s", name)
	}
	return nil
}

func parseFlags(args []string) (Values, error) {
	values := Values{}
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") {
			return nil, fmt.Errorf("unexpected argument %q: flags start with --", args[i])
		}
		if long, ok := Aliases[name]; ok {
			name = long
		}
		switch {
		case hasValue:
		case Keys[name].Kind == Switch, Keys[name].Unsupported:
			value = "true"
		case i+1 < len(args):
			i++
			value = args[i]
		default:
			if _, known := Keys[name]; !known {
				return nil, fmt.Errorf("flag provided but not defined: -%s", name)
			}
			return nil, fmt.Errorf("flag needs an argument: -%s", name)
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}

// readFiles merges the file and its drop-ins (<file>.d/*.yaml, *.yml) in alphabetical order: the last value of a
// key wins, unless the key ends in "+", which appends.
func readFiles(file string, required bool) (Values, error) {
	files := []string{file}
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(file+".d", pattern))
		if err != nil {
			return nil, fmt.Errorf("list %s.d: %w", file, err)
		}
		files = append(files, found...)
	}
	slices.Sort(files[1:])
	values := Values{}
	for i, name := range files {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) && i == 0 && !required {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := merge(values, text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, nil
}

func merge(into Values, text []byte) error {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return err
	}
	if len(document.Content) == 0 {
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return errors.New("the file must hold keys and values")
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, appends := strings.CutSuffix(root.Content[i].Value, "+")
		if long, ok := Aliases[name]; ok {
			name = long
		}
		var texts []string
		switch node := root.Content[i+1]; node.Kind {
		case yaml.ScalarNode:
			texts = []string{node.Value}
		case yaml.SequenceNode:
			for _, item := range node.Content {
				texts = append(texts, item.Value)
			}
		default:
			return fmt.Errorf("%s: expected a value or a list, got a mapping", name)
		}
		if appends {
			texts = append(into[name], texts...)
		}
		into[name] = texts
	}
	return nil
}

func last(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[len(texts)-1]
}

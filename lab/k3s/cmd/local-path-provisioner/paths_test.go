package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBasePath(t *testing.T) {
	text := []byte(`{"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/a", "/b"]}, {"node": "none", "paths": []}, {"node": "own", "paths": ["/own"]}]}`)
	for _, one := range []struct {
		node, asked, want string
		fails             bool
	}{
		{node: "any", want: "/a"},
		{node: "any", asked: "/b", want: "/b"},
		{node: "any", asked: "/c", fails: true},
		{node: "own", want: "/own"},
		{node: "none", fails: true},
	} {
		parameters := map[string]string{}
		if one.asked != "" {
			parameters["nodePath"] = one.asked
		}
		got, err := basePath(text, one.node, parameters)
		if got != one.want || (err != nil) != one.fails {
			t.Errorf("%+v: got %q, %v", one, got, err)
		}
	}
	if _, err := basePath(text, "any", map[string]string{"pathPattern": "x"}); err == nil {
		t.Error("an unknown parameter was taken")
	}
	if _, err := basePath([]byte(`{"nodePaths": []}`), "any", nil); err == nil {
		t.Error("an unknown field was taken")
	}
}

func TestSetupLetsEverybodyInThePodWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "storage", "pvc-1_ns_data")
	if err := run(t.Context(), []string{"setup", folder}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("got %v, %v", info, err)
	}
	if parent, err := os.Stat(filepath.Dir(folder)); err != nil || parent.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v", parent, err)
	}
	if err := run(t.Context(), []string{"teardown", folder}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if err := run(t.Context(), []string{"nonsense"}); err == nil {
		t.Error("an unknown command was taken")
	}
}

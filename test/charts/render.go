// Renders a chart as Helm does, as far as ours asks for it: include, tpl, toYaml, fromYaml, required, lookup (which
// finds what the test says is there), .Files, .Capabilities, .Release, .Chart and templates in subfolders. No network, no cluster.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type object = map[string]interface{}

type chartFiles struct{ folder string }

func (files chartFiles) Get(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(files.folder, name))
	return string(text), err
}

func (files chartFiles) Glob(pattern string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(files.folder, pattern))
	found := map[string][]byte{}
	for _, name := range names {
		text, readError := os.ReadFile(name)
		if readError != nil {
			return nil, readError
		}
		relative, _ := filepath.Rel(files.folder, name)
		found[relative] = text
	}
	return found, err
}

func readYaml(file string) (object, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	value := object{}
	return value, yaml.Unmarshal(text, &value)
}

// Values as Helm merges them: maps key by key, everything else replaced.
func merged(base, over object) object {
	result := object{}
	for key, value := range base {
		result[key] = value
	}
	for key, value := range over {
		below, isMap := value.(object)
		there, wasMap := result[key].(object)
		if isMap && wasMap {
			result[key] = merged(there, below)
		} else {
			result[key] = value
		}
	}
	return result
}

func toYaml(value interface{}) (string, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}

func functions(root *template.Template, existing map[string]object) template.FuncMap {
	table := sprig.TxtFuncMap()
	// Helm takes these two away: a chart must not read the environment of who installs it.
	delete(table, "env")
	delete(table, "expandenv")
	table["include"] = func(name string, data interface{}) (string, error) {
		var text bytes.Buffer
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	table["tpl"] = func(source string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		if clone, err = clone.New("tpl").Parse(source); err != nil {
			return "", err
		}
		var text bytes.Buffer
		err = clone.Execute(&text, data)
		return text.String(), err
	}
	table["toYaml"] = toYaml
	table["fromYaml"] = func(text string) (object, error) {
		value := object{}
		return value, yaml.Unmarshal([]byte(text), &value)
	}
	table["fromYamlArray"] = func(text string) ([]interface{}, error) {
		var value []interface{}
		return value, yaml.Unmarshal([]byte(text), &value)
	}
	table["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	table["lookup"] = func(version, kind, namespace, name string) object { return existing[kind+"/"+name] }
	return table
}

func templatesOf(chart string, existing map[string]object) (*template.Template, []string, error) {
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root, existing))
	var names []string
	walk := func(file string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err = root.New(file).Parse(string(text)); err == nil && !strings.HasPrefix(filepath.Base(file), "_") {
			names = append(names, file)
		}
		return err
	}
	err := filepath.Walk(filepath.Join(chart, "templates"), walk)
	return root, names, err
}

func releaseData(chart, release string, values object) (object, error) {
	about, err := readYaml(filepath.Join(chart, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	return object{
		"Values": values,
		"Chart":  object{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
		"Release": object{"Name": release, "Namespace": "fleets", "Service": "Helm", "Revision": 1,
			"IsInstall": true, "IsUpgrade": false},
		"Capabilities": object{"KubeVersion": object{"Version": "v1.28.0", "Major": "1", "Minor": "28"}},
		"Files":        chartFiles{chart},
	}, nil
}

// The documents of an installation where those of `existing` are in the cluster already, and its notes.
func render(chart, release string, values object, existing map[string]object) ([]object, string, error) {
	root, names, err := templatesOf(chart, existing)
	if err != nil {
		return nil, "", err
	}
	data, err := releaseData(chart, release, values)
	if err != nil {
		return nil, "", err
	}
	var documents []object
	notes := ""
	for _, name := range names {
		var text bytes.Buffer
		if err := root.ExecuteTemplate(&text, name, data); err != nil {
			return nil, "", err
		}
		if filepath.Base(name) == "NOTES.txt" {
			notes = text.String()
			continue
		}
		found, err := documentsIn(text.Bytes())
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w\n%s", name, err, text.String())
		}
		documents = append(documents, found...)
	}
	return documents, notes, nil
}

func documentsIn(text []byte) ([]object, error) {
	var documents []object
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document object
		err := decoder.Decode(&document)
		if err != nil && err.Error() == "EOF" {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		if len(document) > 0 {
			documents = append(documents, document)
		}
	}
}

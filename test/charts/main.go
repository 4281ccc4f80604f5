// main CHART MOSAIC VERSION: renders the chart for each way in which people install it and says what does not hold.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

const image = "image: {repository: registry.example/mosaic}\n"
const external = image + "engine: {url: 'tcp://engine.example:2376', tlsSecret: engine-tls}\n"

var installations = map[string]string{
	"an external engine and database":       external + "postgres: {url: 'postgresql://m:p@db/mosaic'}\n",
	"a bundled database":                    external + "postgres: {bundled: {enabled: true}}\n",
	"secrets that are there already":        external + "postgres: {existingSecret: database}\nsecretKey: {existingSecret: key}\n",
	"a new secret key on its way":           external + "postgres: {existingSecret: database}\nsecretKey: {existingSecret: key, previousSecret: previous-key}\n",
	"a new secret key of a trial":           image + "engine: {mode: trial}\npostgres: {bundled: {enabled: true}}\nsecretKey: {existingSecret: key, previousSecret: previous-key}\n",
	"an engine without TLS":                 image + "engine: {url: 'tcp://10.0.0.2:2375'}\npostgres: {existingSecret: database}\n",
	"a trial":                               image + "engine: {mode: trial}\npostgres: {bundled: {enabled: true}}\n",
	"a trial that is watched":               image + "engine: {mode: trial}\npostgres: {existingSecret: database}\nmonitoring: {serviceMonitor: true, dashboard: true, rules: true}\n",
	"monitoring":                            external + "postgres: {existingSecret: database}\nmonitoring: {serviceMonitor: true, dashboard: true, rules: true}\n",
	"one of each, without walls or budgets": external + "postgres: {existingSecret: database}\napi: {replicas: 1}\ncontroller: {replicas: 1}\nnetworkPolicy: {enabled: false}\npodDisruptionBudget: {enabled: false}\n",
	"every option": external + "postgres: {existingSecret: database}\nimagePullSecrets: [{name: pull}]\nfullnameOverride: fleet\n" +
		"api: {replicas: 5, publicUrl: 'https://fleet.example', trustedProxies: [10.0.0.5], service: {type: LoadBalancer, port: 443}}\n" +
		"controller: {replicas: 3, agentImage: 'agents:1', egress: none, egressAllow: ['10.0.0.9:11434'], workers: 8, leaseSeconds: 20}\n",
}

// Values that are refused, and the path that the refusal must name.
var refused = map[string]string{
	"api: {replicas: 0}\n":                    "values.api.replicas",
	"api: {replicas: two}\n":                  "values.api.replicas",
	"api: {servce: {}}\n":                     "values.api.servce",
	"engine: {mode: podman}\n":                "values.engine.mode",
	"postgres: {url: 'mysql://db/mosaic'}\n":  "values.postgres.url",
	"imagePullSecrets: [{nme: pull}]\n":       "values.imagePullSecrets[0].nme",
	"image: {repository: ''}\n":               "values.image.repository",
	"api: {service: {port: 70000}}\n":         "values.api.service.port",
	"monitoring: {dashboard: 'yes'}\n":        "values.monitoring.dashboard",
	"controller: {egressAllow: 10.0.0.0/8}\n": "values.controller.egressAllow",
	"secretKey: {previousSecret: a key}\n":    "values.secretKey.previousSecret",
}

var outside = words("database key previous-key engine-tls pull")

type bench struct {
	chart    string
	defaults object
	schema   object
	help     map[string]string
	failures int
}

func (b *bench) fail(format string, arguments ...interface{}) {
	b.failures++
	fmt.Printf("FAILED "+format+"\n", arguments...)
}

func (b *bench) values(over string) object {
	value := object{}
	if err := yaml.Unmarshal([]byte(over), &value); err != nil {
		b.fail("%v in %s", err, over)
	}
	return merged(b.defaults, value)
}

func (b *bench) install(title, over string) {
	values := b.values(over)
	for _, wrong := range violations(b.schema, values, "values") {
		b.fail("%s: %s", title, wrong)
	}
	seen := map[string]bool{}
	for _, release := range []string{"one", "two"} {
		documents, notes, err := render(b.chart, release, values, nil)
		if err != nil {
			b.fail("%s: %v", title, err)
			return
		}
		it := installation{documents: documents, outside: outside, help: b.help}
		for _, wrong := range it.check() {
			b.fail("%s: %s", title, wrong)
		}
		if len(it.workloads) < 3 || !strings.Contains(notes, "helm test "+release) {
			b.fail("%s: too little is rendered", title)
		}
		b.clash(title, it, seen)
	}
}

// Two releases in one namespace share no name, unless the values give them one.
func (b *bench) clash(title string, it installation, seen map[string]bool) {
	for id := range it.names {
		if seen[id] && title != "every option" {
			b.fail("%s: two releases both have %s", title, id)
		}
		seen[id] = true
	}
}

func (b *bench) refuse(over, path string) {
	spoiled := object{}
	if err := yaml.Unmarshal([]byte(over), &spoiled); err != nil {
		b.fail("%v in %s", err, over)
	}
	wrong := violations(b.schema, merged(b.values(image), spoiled), "values")
	if len(wrong) == 0 || !strings.HasPrefix(wrong[0], path+":") {
		b.fail("%q is to be refused at %s, but: %v", over, path, wrong)
	}
}

// While the key is rotated every process that uses keys has both, in the order that the program expects, and no other has any.
func (b *bench) givesTwoKeys() {
	values := b.values(installations["a new secret key on its way"])
	documents, _, err := render(b.chart, "one", values, nil)
	if err != nil {
		b.fail("%v", err)
		return
	}
	given := map[string]string{}
	for _, document := range documents {
		for _, item := range list(at(document, "spec", "template", "spec", "containers")) {
			for _, variable := range list(at(item, "env")) {
				if name := text(at(variable, "name")); strings.HasPrefix(name, "MOSAIC_SECRET_KEY") {
					given[text(at(item, "name"))] += name + " of " + text(at(variable, "valueFrom", "secretKeyRef", "name")) + ";"
				}
			}
		}
	}
	both := "MOSAIC_SECRET_KEY of key;MOSAIC_SECRET_KEY_PREVIOUS of previous-key;"
	if len(given) != 2 || given["api"] != both || given["controller"] != both {
		b.fail("the processes are given %v", given)
	}
	alone := b.values(external + "postgres: {existingSecret: database}\nsecretKey: {previousSecret: previous-key}\n")
	if _, _, err := render(b.chart, "one", alone, nil); err == nil || !strings.Contains(err.Error(), "existingSecret") {
		b.fail("a previous key without a new one is to be refused, but: %v", err)
	}
}

// An upgrade generates no second key and no second password.
func (b *bench) keepsSecrets() {
	values := b.values(installations["a bundled database"])
	first, _, err := render(b.chart, "one", values, nil)
	if err != nil {
		b.fail("%v", err)
		return
	}
	before := installation{documents: first, outside: outside, help: b.help}
	before.check()
	again, _, err := render(b.chart, "one", values, before.names)
	if err != nil {
		b.fail("%v", err)
		return
	}
	kept := 0
	for _, document := range again {
		if document["kind"] == "Secret" {
			kept++
			id := "Secret/" + text(at(document, "metadata", "name"))
			if fmt.Sprint(document["data"]) != fmt.Sprint(before.names[id]["data"]) {
				b.fail("an upgrade changes %s", id)
			}
		}
	}
	if kept != 2 {
		b.fail("%d generated secrets are there after an upgrade, not 2", kept)
	}
}

// The checks themselves: each notices an installation that is spoiled on purpose.
func (b *bench) noticesWhatIsWrong() {
	spoilers := map[string]func(document object){
		"selects 0 workloads": func(d object) {
			if d["kind"] == "Service" {
				at(d, "spec", "selector").(object)["app.kubernetes.io/component"] = "nobody"
			}
		},
		"holds a secret": func(d object) {
			if d["kind"] == "ConfigMap" {
				at(d, "data").(object)["url"] = "postgresql://m:p@db/mosaic"
			}
		},
		"unknown field": func(d object) {
			if d["kind"] == "Deployment" {
				at(d, "spec").(object)["replcas"] = 1
			}
		},
		"no such service account": func(d object) {
			if d["kind"] == "ServiceAccount" {
				at(d, "metadata").(object)["name"] = "another"
			}
		},
		"does not name MOSAIC_NO_SUCH": func(d object) {
			if d["kind"] == "Deployment" {
				container := list(at(d, "spec", "template", "spec", "containers"))[0].(object)
				container["env"] = append(list(container["env"]), object{"name": "MOSAIC_NO_SUCH", "value": "1"})
			}
		},
	}
	for complaint, spoil := range spoilers {
		documents, _, err := render(b.chart, "one", b.values(installations["monitoring"]), nil)
		if err != nil {
			b.fail("%v", err)
			return
		}
		for _, document := range documents {
			spoil(document)
		}
		it := installation{documents: documents, outside: outside, help: b.help}
		if wrong := strings.Join(it.check(), "\n"); !strings.Contains(wrong, complaint) {
			b.fail("nobody noticed: %s", complaint)
		}
	}
}

func run(chart, program, version string) (int, error) {
	b := bench{chart: chart}
	var err error
	if b.defaults, err = readYaml(filepath.Join(chart, "values.yaml")); err != nil {
		return 0, err
	}
	if b.schema, err = readYaml(filepath.Join(chart, "values.schema.json")); err != nil {
		return 0, err
	}
	if b.help, err = helpOf(program); err != nil {
		return 0, err
	}
	if about, err := readYaml(filepath.Join(chart, "Chart.yaml")); err != nil || about["appVersion"] != version {
		b.fail("the chart is for %v, not for %s", about["appVersion"], version)
	}
	for title, over := range installations {
		b.install(title, over)
	}
	for over, path := range refused {
		b.refuse(over, path)
	}
	if _, _, err := render(chart, "one", b.values(image), nil); err == nil || !strings.Contains(err.Error(), "engine.url") {
		b.fail("an installation without an engine is to be refused, but: %v", err)
	}
	b.givesTwoKeys()
	b.keepsSecrets()
	b.noticesWhatIsWrong()
	return b.failures, nil
}

func main() {
	failures, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if failures > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d installations hold, %d wrong values are refused\n", len(installations), len(refused))
}

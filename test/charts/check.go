// What must hold of the documents of one installation, without a cluster to ask.
package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

var podFields = words("serviceAccountName automountServiceAccountToken imagePullSecrets securityContext containers " +
	"volumes restartPolicy terminationGracePeriodSeconds")
var containerFields = words("name image imagePullPolicy command args env ports livenessProbe readinessProbe resources " +
	"securityContext volumeMounts")
var specFields = map[string]map[string]bool{
	"Deployment":          words("replicas selector template"),
	"StatefulSet":         words("replicas serviceName selector template volumeClaimTemplates"),
	"Job":                 words("backoffLimit activeDeadlineSeconds template"),
	"Service":             words("type clusterIP selector ports"),
	"NetworkPolicy":       words("podSelector policyTypes ingress"),
	"PodDisruptionBudget": words("maxUnavailable selector"),
	"ServiceMonitor":      words("selector endpoints"),
	"Pod":                 podFields,
}
var specless = words("ServiceAccount Secret ConfigMap")
var secretText = regexp.MustCompile(`postgres(ql)?://[^ ]*@|SECRET_KEY|PASSWORD|BEGIN [A-Z ]*PRIVATE KEY`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

func at(value interface{}, path ...string) interface{} {
	for _, key := range path {
		below, isMap := value.(object)
		if !isMap {
			return nil
		}
		value = below[key]
	}
	return value
}

func list(value interface{}) []interface{} {
	items, _ := value.([]interface{})
	return items
}

func text(value interface{}) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

type workload struct {
	owner  string
	labels object
	pod    object
	ports  map[string]bool
}

type installation struct {
	documents []object
	outside   map[string]bool // Secrets that the values say exist already
	names     map[string]object
	workloads []workload
	help      map[string]string // by command of mosaic
	wrong     []string
}

func (it *installation) complain(format string, arguments ...interface{}) {
	it.wrong = append(it.wrong, fmt.Sprintf(format, arguments...))
}

func (it *installation) check() []string {
	it.names = map[string]object{}
	for _, document := range it.documents {
		it.register(document)
	}
	for _, load := range it.workloads {
		it.checkPod(load)
	}
	for _, document := range it.documents {
		it.checkSelectors(document)
	}
	return it.wrong
}

func (it *installation) register(document object) {
	kind, name := text(document["kind"]), text(at(document, "metadata", "name"))
	id := kind + "/" + name
	if text(document["apiVersion"]) == "" || kind == "" || name == "" {
		it.complain("a document lacks apiVersion, kind or name: %v", document)
	}
	if it.names[id] != nil {
		it.complain("%s is there twice", id)
	}
	it.names[id] = document
	allowed, known := specFields[kind]
	if !known && !specless[kind] {
		it.complain("%s: a kind that this test does not know", id)
	}
	it.onlyFields(id, at(document, "spec"), allowed)
	if kind == "ConfigMap" && secretText.MatchString(fmt.Sprint(document["data"])) {
		it.complain("%s holds a secret", id)
	}
	pod, _ := at(document, "spec", "template", "spec").(object)
	labels, _ := at(document, "spec", "template", "metadata", "labels").(object)
	if kind == "Pod" {
		pod, _ = document["spec"].(object)
		labels, _ = at(document, "metadata", "labels").(object)
	}
	if pod != nil {
		it.workloads = append(it.workloads, workload{id, labels, pod, portsOf(pod)})
	}
}

func portsOf(pod object) map[string]bool {
	ports := map[string]bool{}
	for _, container := range list(pod["containers"]) {
		for _, port := range list(at(container, "ports")) {
			ports[text(at(port, "name"))] = true
		}
	}
	return ports
}

func (it *installation) onlyFields(where string, value interface{}, allowed map[string]bool) {
	fields, _ := value.(object)
	for field := range fields {
		if !allowed[field] {
			it.complain("%s: unknown field %s", where, field)
		}
	}
}

func (it *installation) checkPod(load workload) {
	it.onlyFields(load.owner, load.pod, podFields)
	if it.names["ServiceAccount/"+text(load.pod["serviceAccountName"])] == nil {
		it.complain("%s: no such service account", load.owner)
	}
	if load.pod["automountServiceAccountToken"] != false {
		it.complain("%s: mounts a token of the cluster", load.owner)
	}
	volumes := map[string]bool{}
	for _, volume := range list(load.pod["volumes"]) {
		volumes[text(at(volume, "name"))] = true
		it.needSecret(load.owner, text(at(volume, "secret", "secretName")), "")
	}
	for _, claim := range list(at(it.names[load.owner], "spec", "volumeClaimTemplates")) {
		volumes[text(at(claim, "metadata", "name"))] = true
	}
	for _, item := range list(load.pod["containers"]) {
		container, _ := item.(object)
		it.checkContainer(load, container, volumes)
	}
}

func (it *installation) checkContainer(load workload, container object, volumes map[string]bool) {
	where := load.owner + "/" + text(container["name"])
	it.onlyFields(where, container, containerFields)
	for _, mount := range list(container["volumeMounts"]) {
		if !volumes[text(at(mount, "name"))] {
			it.complain("%s: no volume %v", where, at(mount, "name"))
		}
	}
	for _, probe := range []string{"livenessProbe", "readinessProbe"} {
		port := text(at(container, probe, "httpGet", "port"))
		if port != "" && !load.ports[port] {
			it.complain("%s: the %s asks an unknown port %s", where, probe, port)
		}
	}
	for _, variable := range list(container["env"]) {
		reference := at(variable, "valueFrom", "secretKeyRef")
		it.needSecret(where, text(at(reference, "name")), text(at(reference, "key")))
	}
	it.checkRestricted(where, load.pod, container)
	it.checkMosaic(where, container)
}

func (it *installation) needSecret(where, name, key string) {
	if name == "" || it.outside[name] {
		return
	}
	secret := it.names["Secret/"+name]
	if secret == nil || (key != "" && at(secret, "data", key) == nil) {
		it.complain("%s: no Secret %s with %q", where, name, key)
	}
}

// The restricted pod security standard, for all but the engine of a trial.
func (it *installation) checkRestricted(where string, pod, container object) {
	security := container["securityContext"]
	if at(security, "privileged") == true {
		if text(container["name"]) != "engine" {
			it.complain("%s: is privileged", where)
		}
		if at(pod, "securityContext", "fsGroup") != nil {
			it.complain("%s: an fsGroup changes the owners of the engine's files", where)
		}
		return
	}
	nonRoot := at(pod, "securityContext", "runAsNonRoot") == true || at(security, "runAsNonRoot") == true
	dropped := fmt.Sprint(at(security, "capabilities", "drop")) == "[ALL]"
	if !nonRoot || !dropped || at(security, "allowPrivilegeEscalation") != false ||
		at(security, "readOnlyRootFilesystem") != true {
		it.complain("%s: is not restricted: %v", where, security)
	}
}

// Commands and variables are those that the program's own help names.
func (it *installation) checkMosaic(where string, container object) {
	command := list(container["command"])
	if len(command) == 0 || command[0] != "mosaic" {
		return
	}
	arguments := list(container["args"])
	if len(arguments) != 1 || it.help[text(arguments[0])] == "" {
		it.complain("%s: mosaic has no command %v", where, arguments)
		return
	}
	help := it.help[text(arguments[0])]
	for _, variable := range list(container["env"]) {
		name := text(at(variable, "name"))
		if !strings.Contains(help, "["+name+"]") && !strings.Contains(help, name+"=") {
			it.complain("%s: mosaic %v --help does not name %s", where, arguments[0], name)
		}
	}
}

func (it *installation) checkSelectors(document object) {
	kind := text(document["kind"])
	where := kind + "/" + text(at(document, "metadata", "name"))
	switch kind {
	case "Deployment", "StatefulSet":
		if !contains(at(document, "spec", "template", "metadata", "labels"), at(document, "spec", "selector", "matchLabels")) {
			it.complain("%s: its selector does not match its pods", where)
		}
	case "Service":
		for _, load := range it.selected(where, at(document, "spec", "selector")) {
			it.needPorts(where, load, list(at(document, "spec", "ports")), "targetPort")
		}
	case "PodDisruptionBudget":
		it.selected(where, at(document, "spec", "selector", "matchLabels"))
	case "NetworkPolicy":
		for _, load := range it.selected(where, at(document, "spec", "podSelector", "matchLabels")) {
			for _, rule := range list(at(document, "spec", "ingress")) {
				it.needPorts(where, load, list(at(rule, "ports")), "port")
			}
		}
	case "ServiceMonitor":
		it.checkMonitor(where, document)
	}
}

func (it *installation) checkMonitor(where string, document object) {
	found := 0
	for _, service := range it.documents {
		if service["kind"] == "Service" &&
			contains(at(service, "metadata", "labels"), at(document, "spec", "selector", "matchLabels")) {
			found++
			ports := fmt.Sprint(at(service, "spec", "ports"))
			for _, endpoint := range list(at(document, "spec", "endpoints")) {
				if !strings.Contains(ports, "name:"+text(at(endpoint, "port"))) {
					it.complain("%s: the service has no port %v", where, at(endpoint, "port"))
				}
			}
		}
	}
	if found != 1 {
		it.complain("%s: selects %d services", where, found)
	}
}

func (it *installation) selected(where string, selector interface{}) []workload {
	var found []workload
	for _, load := range it.workloads {
		if contains(load.labels, selector) {
			found = append(found, load)
		}
	}
	if len(found) != 1 {
		it.complain("%s: selects %d workloads by %v", where, len(found), selector)
	}
	return found
}

func (it *installation) needPorts(where string, load workload, ports []interface{}, field string) {
	for _, port := range ports {
		if !load.ports[text(at(port, field))] {
			it.complain("%s: %s has no port %v", where, load.owner, at(port, field))
		}
	}
}

func contains(labels, selector interface{}) bool {
	wanted, _ := selector.(object)
	for key, value := range wanted {
		if at(labels, key) != value {
			return false
		}
	}
	return len(wanted) > 0
}

func helpOf(program string) (map[string]string, error) {
	help := map[string]string{}
	for _, command := range []string{"api", "controller", "migrate"} {
		answer, err := exec.Command(program, command, "--help").Output()
		if err != nil {
			return nil, err
		}
		help[command] = string(answer)
	}
	return help, nil
}

// Judges values by values.schema.json: the part of JSON Schema that ours uses, and a refusal of any other keyword, so
// that nothing is believed to be checked which is not.
package main

import (
	"fmt"
	"regexp"
)

var knownKeywords = map[string]bool{"$schema": true, "title": true, "type": true, "properties": true,
	"additionalProperties": true, "required": true, "items": true, "enum": true, "pattern": true, "minLength": true,
	"minimum": true, "maximum": true}

// What is wrong, each with its path; empty when nothing is.
func violations(schema object, value interface{}, path string) []string {
	for keyword := range schema {
		if !knownKeywords[keyword] {
			return []string{path + ": the schema's keyword " + keyword + " is not known to this test"}
		}
	}
	if !hasType(schema["type"], value) {
		return []string{fmt.Sprintf("%s: is not of type %v", path, schema["type"])}
	}
	switch typed := value.(type) {
	case object:
		return objectViolations(schema, typed, path)
	case []interface{}:
		var wrong []string
		for index, item := range typed {
			wrong = append(wrong, violations(schema["items"].(object), item, fmt.Sprintf("%s[%d]", path, index))...)
		}
		return wrong
	case string:
		return stringViolations(schema, typed, path)
	case int:
		return numberViolations(schema, typed, path)
	}
	return nil
}

func hasType(wanted interface{}, value interface{}) bool {
	switch value.(type) {
	case object:
		return wanted == "object"
	case []interface{}:
		return wanted == "array"
	case string:
		return wanted == "string"
	case int:
		return wanted == "integer"
	case bool:
		return wanted == "boolean"
	}
	return false
}

func objectViolations(schema, value object, path string) []string {
	var wrong []string
	properties, closed := schema["properties"].(object)
	for key, below := range value {
		if property, known := properties[key].(object); known {
			wrong = append(wrong, violations(property, below, path+"."+key)...)
		} else if closed {
			wrong = append(wrong, path+"."+key+": no such value")
		}
	}
	required, _ := schema["required"].([]interface{})
	for _, name := range required {
		if _, there := value[name.(string)]; !there {
			wrong = append(wrong, path+"."+name.(string)+": is missing")
		}
	}
	return wrong
}

func stringViolations(schema object, value, path string) []string {
	if pattern, has := schema["pattern"].(string); has && !regexp.MustCompile(pattern).MatchString(value) {
		return []string{path + ": does not match " + pattern}
	}
	if least, has := schema["minLength"].(int); has && len(value) < least {
		return []string{path + ": is too short"}
	}
	words, has := schema["enum"].([]interface{})
	for _, word := range words {
		if word == value {
			return nil
		}
	}
	if has {
		return []string{fmt.Sprintf("%s: is none of %v", path, words)}
	}
	return nil
}

func numberViolations(schema object, value int, path string) []string {
	if least, has := schema["minimum"].(int); has && value < least {
		return []string{fmt.Sprintf("%s: is below %d", path, least)}
	}
	if most, has := schema["maximum"].(int); has && value > most {
		return []string{fmt.Sprintf("%s: is above %d", path, most)}
	}
	return nil
}

package http

import "slices"

// Forgotten returns the fields of INFO that are numbers and neither figures nor left out.
func Forgotten(info string) (names []string) {
	c := &collection{scraper: newScraper(nil), desc: newDescribed(), text: map[string]string{}, commands: map[string][2]float64{}}
	for section, f := range fieldsOf([]byte(info)) {
		known := slices.ContainsFunc(figures, func(x figure) bool { return x.field == f[0] })
		if !known && !derived(f[0], f[1]) && !c.special(section, f[0], f[1]) {
			names = append(names, f[0])
		}
	}
	return names
}

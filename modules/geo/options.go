package geo

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/zset"
)

var (
	errMember   = core.Err("could not decode requested zset member")
	errRadius   = core.Err("need numeric radius")
	errNegative = core.Err("radius cannot be negative")
	errWidth    = core.Err("need numeric width")
	errHeight   = core.Err("need numeric height")
	errBox      = core.Err("height or width cannot be negative")
	errCount    = core.Err("COUNT must be > 0")
	errAny      = core.Err("the ANY argument requires COUNT argument")
)

// parseOldArea reads what stands before the options of GEORADIUS, or of
// GEORADIUSBYMEMBER, of which nothing is looked at if the key is missing.
func (s *search) parseOldArea(c *core.Ctx, options int) (err error) {
	if options == 6 {
		if s.center, err = argPoint(c, 2); err != nil {
			return err
		}
	} else {
		if !s.source.OK() {
			return nil
		}
		if err := s.centreOn(c.Args[2]); err != nil {
			return err
		}
	}
	return s.parseRadius(c, options-2)
}

// centreOn makes a member the centre.
func (s *search) centreOn(member []byte) error {
	score, ok := zset.Of(s.source.Value()).Score(member)
	if !ok {
		return errMember
	}
	s.center = pointOf(score)
	return nil
}

// parseRadius reads a radius and its unit.
func (s *search) parseRadius(c *core.Ctx, i int) (err error) {
	radius, ok := core.ParseFloat(c.Args[i])
	switch {
	case !ok:
		return errRadius
	case radius < 0:
		return errNegative
	}
	s.box, s.radius = false, radius
	s.unit, err = argUnit(c, i+1)
	return err
}

// parseBox reads a width, a height and their unit.
func (s *search) parseBox(c *core.Ctx, i int) (err error) {
	width, ok := core.ParseFloat(c.Args[i])
	if !ok {
		return errWidth
	}
	height, ok := core.ParseFloat(c.Args[i+1])
	switch {
	case !ok:
		return errHeight
	case width < 0 || height < 0:
		return errBox
	}
	s.box, s.width, s.height = true, width, height
	s.unit, err = argUnit(c, i+2)
	return err
}

// parse reads the options from argument i on.
func (s *search) parse(c *core.Ctx, i int) error {
	for ; i < len(c.Args); i++ {
		used, err := s.option(c, i, len(c.Args)-i-1)
		if err != nil {
			return err
		}
		i += used
	}
	return nil
}

// option reads one option, which more arguments follow, and returns how many of
// those are its own.
func (s *search) option(c *core.Ctx, i, more int) (used int, err error) {
	switch {
	case c.Is(i, "withdist"):
		s.withDist = true
	case c.Is(i, "withhash"):
		s.withHash = true
	case c.Is(i, "withcoord"):
		s.withCoord = true
	case c.Is(i, "any"):
		s.any = true
	case c.Is(i, "asc"):
		s.order = 1
	case c.Is(i, "desc"):
		s.order = -1
	case c.Is(i, "count") && more >= 1:
		if s.count, err = c.ArgInt(i + 1); err == nil && s.count <= 0 {
			err = errCount
		}
		return 1, err
	case s.mayStore && more >= 1 && (c.Is(i, "store") || c.Is(i, "storedist")):
		s.target, s.storeDist = c.Args[i+1], c.Is(i, "storedist")
		return 1, nil
	case s.newStyle && s.target != nil && c.Is(i, "storedist"):
		s.storeDist = true
	case s.newStyle:
		return s.areaOption(c, i, more)
	default:
		return 0, core.ErrSyntax
	}
	return 0, nil
}

// areaOption reads an option of GEOSEARCH that says where to search.
func (s *search) areaOption(c *core.Ctx, i, more int) (used int, err error) {
	switch {
	case c.Is(i, "frommember") && more >= 1 && (!s.centred || s.fromMember):
		s.centred, s.fromMember = true, true
		if s.source.OK() { // if not, the options are only checked
			err = s.centreOn(c.Args[i+1])
		}
		return 1, err
	case c.Is(i, "fromlonlat") && more >= 2 && !s.fromMember:
		s.centred = true
		s.center, err = argPoint(c, i+1)
		return 2, err
	case c.Is(i, "byradius") && more >= 2 && (!s.bounded || !s.box):
		s.bounded = true
		return 2, s.parseRadius(c, i+1)
	case c.Is(i, "bybox") && more >= 3 && (!s.bounded || s.box):
		s.bounded = true
		return 3, s.parseBox(c, i+1)
	}
	return 0, core.ErrSyntax
}

// check refuses options that do not go together.
func (s *search) check(c *core.Ctx) error {
	name := string(c.Args[0])
	switch {
	case s.target != nil && (s.withDist || s.withHash || s.withCoord):
		what := "STORE option in GEORADIUS"
		if s.newStyle {
			what = "GEOSEARCHSTORE"
		}
		return core.Err(what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case s.newStyle && !s.centred:
		return core.Err("exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name)
	case s.newStyle && !s.bounded:
		return core.Err("exactly one of BYRADIUS and BYBOX can be specified for " + name)
	case s.any && s.count == 0:
		return errAny
	}
	return nil
}

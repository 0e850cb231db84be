package syntax

import (
	"fmt"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

const (
	maxLevels   = 200   // of nesting, as LUAI_MAXCCALLS
	maxLocals   = 200   // of a function
	maxUpvalues = 60    // of a function
	maxChain    = 10000 // operators, calls, fields or elseifs in a row: the compiler recurses over them
)

// Hidden are the names of functions that the rewritten tree calls: the compiler
// makes constants of them, which whoever loads the code replaces by functions.
const (
	Concat = "concat" // of `..`, its operands from left to right
	Len    = "len"    // of `#`
	Pack   = "pack"   // of a table, its elements
	Init   = "init"   // of a numeric for: the beginning
	Limit  = "limit"
	Step   = "step"
	Number = "number " // no function: the number whose text follows
)

// ReadOnly is the global variable through which globals are assigned. No script
// can spell it.
const ReadOnly = "(globals)"

// Tree is a script that has been read.
type Tree struct {
	Stmts  []ast.Stmt
	Prefix string // what precedes a Hidden name in the constant that stands for it
	Vararg bool   // the main chunk uses its arguments
	Arg    bool   // the name `arg` occurs
}

// function is one whose body is being read.
type fnState struct {
	parent   *fnState
	line     int // where it is defined; 0: the main chunk
	locals   []string
	upvalues map[string]bool
	vararg   bool
	loops    int
	zeros    []*ast.NumberExpr       // constants, in the order in which they are needed
	undone   []*ast.ArithmeticOpExpr // of two constants, at run time
}

type parser struct {
	lexer
	tok       token
	ahead     *token
	tokLine   int // of tok
	aheadLine int
	lastLine  int // of the token before tok
	levels    int
	fn        *fnState
	tree      *Tree
	clash     bool // a literal looks like a hidden name
	fold      func(lib, field string) (string, bool)
}

// Parse reads a script, whose name in texts of errors is chunk. The tree does what
// Lua 5.1 does when gopher-lua compiles and runs it:
//
//   - `..` and `#`, which the VM computes otherwise, call the functions Concat and
//     Len; the bounds of a numeric for go through Init, Limit and Step, unless they are
//     numbers;
//   - constants are computed, and kept, as in Lua 5.1;
//   - an assignment to several variables evaluates all operands first;
//   - an assignment to a global goes through ReadOnly, so that a protected table
//     sees it even if the variable exists;
//   - a field of a global library that fold knows becomes what fold says: a hidden
//     name.
func Parse(source, chunk string, fold func(lib, field string) (string, bool)) (tree *Tree, err error) {
	for n := 0; ; n++ {
		p := &parser{lexer: lexer{chunk: chunk, s: source, line: 1}, fold: fold}
		p.tree = &Tree{Prefix: "\x00hidden " + strconv.Itoa(n) + " "}
		if err := p.run(); err != nil {
			return nil, err
		}
		if !p.clash {
			return p.tree, nil
		}
	}
}

func (p *parser) run() (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		default:
			panic(r)
		}
	}()
	p.fn = &fnState{vararg: true, upvalues: map[string]bool{}}
	p.advance()
	p.tree.Stmts = p.block()
	if p.tok.kind != eof {
		p.expect(eof)
	}
	p.constants()
	return nil
}

// Tokens.

func (p *parser) advance() {
	p.lastLine = p.tokLine
	if p.ahead != nil {
		p.tok, p.tokLine, p.ahead = *p.ahead, p.aheadLine, nil
		return
	}
	p.tok = p.next()
	p.tokLine = p.line
}

// look returns the token after this one.
func (p *parser) look() token {
	if p.ahead == nil {
		t := p.next()
		p.ahead, p.aheadLine = &t, p.line
	}
	return *p.ahead
}

// near is the present token as errors show it.
func (p *parser) near() string {
	switch p.tok.kind {
	case name:
		return p.tok.text
	case numeral, str:
		return p.tok.raw
	}
	return p.tok.kind.describe()
}

func (p *parser) fail(msg string) {
	p.line = p.tokLine
	p.lexer.fail(msg, p.near())
}

func (p *parser) limit(n, most int, what string) {
	if n <= most {
		return
	}
	where := "main function"
	if p.fn.line > 0 {
		where = fmt.Sprintf("function at line %d", p.fn.line)
	}
	p.line = p.tokLine
	p.lexer.fail(fmt.Sprintf("%s has more than %d %s", where, most, what), "")
}

func (p *parser) expect(k kind) {
	if p.tok.kind != k {
		p.fail(fmt.Sprintf("'%s' expected", k.describe()))
	}
	p.advance()
}

func (p *parser) accept(k kind) bool {
	if p.tok.kind == k {
		p.advance()
		return true
	}
	return false
}

// match expects the token that closes what another opened at that line.
func (p *parser) match(what, who kind, line int) {
	if p.accept(what) {
		return
	}
	if line == p.tokLine {
		p.expect(what)
	}
	p.fail(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", what.describe(), who.describe(), line))
}

func (p *parser) name() string {
	text := p.tok.text
	p.expect(name)
	return text
}

func (p *parser) enter() {
	if p.levels++; p.levels > maxLevels-1 {
		p.line = p.tokLine
		p.lexer.fail("chunk has too many syntax levels", "")
	}
}

func (p *parser) leave() { p.levels-- }

// link counts elements of a chain.
func (p *parser) link(n int) {
	if n > maxChain {
		p.line = p.tokLine
		p.lexer.fail("chunk has too many syntax levels", "")
	}
}

// Names.

type scope int

const (
	global scope = iota
	upvalue
	localVar
)

// resolve tells what a name is here.
func (p *parser) resolve(name string) scope {
	if name == "arg" {
		p.tree.Arg = true
	}
	for fn := p.fn; fn != nil; fn = fn.parent {
		for i := len(fn.locals) - 1; i >= 0; i-- {
			if fn.locals[i] != name {
				continue
			}
			if fn == p.fn {
				return localVar
			}
			for f := p.fn; f != fn; f = f.parent {
				f.upvalues[name] = true
			}
			p.limit(len(p.fn.upvalues), maxUpvalues, "upvalues")
			return upvalue
		}
	}
	return global
}

func (p *parser) declare(names ...string) {
	p.fn.locals = append(p.fn.locals, names...)
	p.limit(len(p.fn.locals), maxLocals, "local variables")
}

// Statements.

func ends(k kind) bool {
	return k == eof || k == end || k == else_ || k == elseif || k == until
}

// block reads statements, whose locals end with it.
func (p *parser) block() []ast.Stmt {
	n := len(p.fn.locals)
	stmts := p.chunk()
	p.fn.locals = p.fn.locals[:n]
	return stmts
}

// chunk reads statements, and leaves their locals declared.
func (p *parser) chunk() []ast.Stmt {
	stmts := []ast.Stmt{}
	p.enter()
	for last := false; !last && !ends(p.tok.kind); {
		var s ast.Stmt
		s, last = p.statement()
		if s != nil {
			stmts = append(stmts, s)
		}
		p.accept(';')
	}
	p.leave()
	return stmts
}

func (p *parser) loop() []ast.Stmt {
	p.fn.loops++
	stmts := p.block()
	p.fn.loops--
	return stmts
}

func lines[N ast.PositionHolder](n N, from, to int) N {
	n.SetLine(from)
	n.SetLastLine(to)
	return n
}

// statement reads one statement; last says that it ends its block.
func (p *parser) statement() (s ast.Stmt, last bool) {
	line := p.tokLine
	switch p.tok.kind {
	case if_:
		s = p.ifStmt(line)
	case while:
		p.advance()
		cond := p.truth(p.expr())
		p.expect(do)
		body := p.loop()
		p.match(end, while, line)
		s = whileLoop(cond, body, line)
	case do:
		p.advance()
		body := p.block()
		p.match(end, do, line)
		s = &ast.DoBlockStmt{Stmts: body}
	case for_:
		s = p.forStmt(line)
	case repeat:
		p.advance()
		n := len(p.fn.locals)
		p.fn.loops++
		body := p.chunk()
		p.fn.loops--
		p.match(until, repeat, line)
		cond := p.truth(p.expr())
		p.fn.locals = p.fn.locals[:n]
		s = &ast.RepeatStmt{Condition: cond, Stmts: guarded(body, line)}
	case function:
		s = p.functionStmt(line)
	case local:
		s = p.localStmt(line)
	case return_:
		p.advance()
		r := &ast.ReturnStmt{}
		if !ends(p.tok.kind) && p.tok.kind != ';' {
			r.Exprs = p.exprs()
		}
		return lines(r, line, p.lastLine), true
	case break_:
		p.advance()
		if p.fn.loops == 0 {
			p.fail("no loop to break")
		}
		return lines(&ast.BreakStmt{}, line, line), true
	default:
		return p.exprStmt(line), false
	}
	return lines(s, line, p.lastLine), false
}

func (p *parser) ifStmt(line int) ast.Stmt {
	first := &ast.IfStmt{}
	for cur, n := first, 0; ; n++ {
		p.link(n)
		p.advance() // if or elseif
		cur.Condition = p.truth(p.expr())
		p.expect(then)
		cur.Then = p.block()
		if p.tok.kind == elseif {
			next := lines(&ast.IfStmt{}, p.tokLine, p.tokLine)
			cur.Else = []ast.Stmt{next}
			cur = next
			continue
		}
		if p.accept(else_) {
			cur.Else = p.block()
		}
		p.match(end, if_, line)
		return first
	}
}

func (p *parser) forStmt(line int) ast.Stmt {
	p.advance()
	first := p.name()
	n := len(p.fn.locals)
	var s ast.Stmt
	switch p.tok.kind {
	case '=':
		p.advance()
		loop := &ast.NumberForStmt{Name: first, Init: p.bound(Init)}
		p.expect(',')
		loop.Limit = p.bound(Limit)
		if p.accept(',') {
			loop.Step = p.bound(Step)
		}
		p.expect(do)
		p.declare("(for index)", "(for limit)", "(for step)", first)
		loop.Stmts = p.loop()
		s = loop
	case ',', in:
		loop := &ast.GenericForStmt{Names: []string{first}}
		for p.accept(',') {
			loop.Names = append(loop.Names, p.name())
		}
		p.expect(in)
		loop.Exprs = p.exprs()
		complete(loop)
		p.expect(do)
		p.declare("(for generator)", "(for state)", "(for control)")
		p.declare(loop.Names...)
		loop.Stmts = guarded(p.loop(), line)
		s = loop
	default:
		p.fail("'=' or 'in' expected")
	}
	p.fn.locals = p.fn.locals[:n]
	p.match(end, for_, line)
	return s
}

// bound reads a bound of a numeric for. The VM takes numbers only.
func (p *parser) bound(what string) ast.Expr {
	e := p.expr()
	if _, ok := e.(*ast.NumberExpr); ok {
		return e
	}
	return p.hidden(what, e.Line(), e)
}

func (p *parser) functionStmt(line int) ast.Stmt {
	p.advance()
	ident := p.tok.text
	var target ast.Expr = lines(&ast.IdentExpr{Value: p.name()}, line, line)
	method := false
	for n := 0; !method && (p.tok.kind == '.' || p.tok.kind == ':'); n++ {
		p.link(n)
		if n == 0 {
			p.resolve(ident)
		}
		method = p.tok.kind == ':'
		p.advance()
		target = p.field(target, p.name(), line)
	}
	if _, ok := target.(*ast.IdentExpr); ok {
		target = p.target(target)
	}
	body := p.body(method, line)
	return &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{body}}
}

func (p *parser) localStmt(line int) ast.Stmt {
	p.advance()
	if p.accept(function) {
		ident := p.name()
		p.declare(ident)
		body := p.body(false, p.tokLine)
		return &ast.LocalAssignStmt{Names: []string{ident}, Exprs: []ast.Expr{body}}
	}
	s := &ast.LocalAssignStmt{Names: []string{p.name()}, Exprs: []ast.Expr{}}
	for p.accept(',') {
		s.Names = append(s.Names, p.name())
	}
	if p.accept('=') {
		s.Exprs = p.exprs()
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok && len(s.Exprs) == 1 && len(s.Names) == 1 {
			// The compiler would take it for a local function, which sees itself.
			s.Exprs = append(s.Exprs, lines(&ast.NilExpr{}, line, line))
		}
	}
	p.declare(s.Names...)
	return s
}

// exprStmt reads a call or an assignment.
func (p *parser) exprStmt(line int) ast.Stmt {
	e, is := p.primary()
	if is == call {
		return lines(&ast.FuncCallStmt{Expr: e}, line, p.lastLine)
	}
	targets := []ast.Expr{}
	for {
		if is != variable {
			p.fail("syntax error")
		}
		targets = append(targets, p.target(e))
		if !p.accept(',') {
			break
		}
		p.link(len(targets) * (maxChain / maxLevels))
		e, is = p.primary()
	}
	p.expect('=')
	values := p.exprs()
	if len(targets) > 1 || len(values) > 1 || aliased(targets[0], values[0]) {
		return p.assign(targets, values, line)
	}
	return lines(&ast.AssignStmt{Lhs: targets, Rhs: values}, line, p.lastLine)
}

// aliased reports whether the compiler, which computes a value in the place of the
// variable that it is for, would need the variable's old value meanwhile.
func aliased(target, v ast.Expr) bool {
	if _, ok := target.(*ast.IdentExpr); !ok {
		return false
	}
	switch v.(type) {
	case *ast.LogicalOpExpr, *ast.FuncCallExpr, *ast.UnaryNotOpExpr, *ast.RelationalOpExpr, *ast.TableExpr:
		return true
	}
	return false
}

// target makes of a variable what can be assigned to.
func (p *parser) target(e ast.Expr) ast.Expr {
	switch v := e.(type) {
	case *ast.IdentExpr:
		if p.resolve(v.Value) == global {
			object := lines(&ast.IdentExpr{Value: ReadOnly}, v.Line(), v.Line())
			return p.field(object, v.Value, v.Line())
		}
	case *ast.AttrGetExpr:
		if s, ok := v.Object.(*ast.StringExpr); ok { // which the compiler would take for a register
			nothing := lines(&ast.NilExpr{}, v.Line(), v.Line())
			v.Object = lines(&ast.LogicalOpExpr{Operator: "or", Lhs: nothing, Rhs: s}, v.Line(), v.Line())
		}
	}
	return e
}

// assign makes an assignment to several variables into several assignments. All
// operands are put aside first; then the last variable is assigned first.
func (p *parser) assign(targets, values []ast.Expr, line int) ast.Stmt {
	block := lines(&ast.DoBlockStmt{}, line, p.lastLine)
	count := 0
	aside := func(exprs ...ast.Expr) []ast.Expr {
		s := lines(&ast.LocalAssignStmt{Exprs: exprs}, line, p.lastLine)
		var places []ast.Expr
		for range max(1, len(exprs)) {
			count++
			s.Names = append(s.Names, "(temporary "+strconv.Itoa(count)+")")
			places = append(places, lines(&ast.IdentExpr{Value: s.Names[len(s.Names)-1]}, line, line))
		}
		block.Stmts = append(block.Stmts, s)
		return places
	}
	for i, t := range targets {
		v, ok := t.(*ast.AttrGetExpr)
		if !ok {
			continue
		}
		place := *v
		place.Object = aside(v.Object)[0]
		switch v.Key.(type) {
		case *ast.StringExpr, *ast.NumberExpr:
		default:
			place.Key = aside(v.Key)[0]
		}
		targets[i] = &place
	}
	s := lines(&ast.LocalAssignStmt{Exprs: values}, line, p.lastLine)
	var places []ast.Expr
	for range targets {
		count++
		s.Names = append(s.Names, "(temporary "+strconv.Itoa(count)+")")
		places = append(places, lines(&ast.IdentExpr{Value: s.Names[len(s.Names)-1]}, line, line))
	}
	block.Stmts = append(block.Stmts, s)
	p.limit(len(p.fn.locals)+count, maxLocals, "local variables")
	for i := len(targets) - 1; i >= 0; i-- {
		block.Stmts = append(block.Stmts, lines(&ast.AssignStmt{Lhs: targets[i : i+1], Rhs: places[i : i+1]}, line, p.lastLine))
	}
	return block
}

// complete gives a loop what is missing of the three values that it goes by: the compiler leaves a
// register as it is for the last of them, and takes as many results of a call as there are variables.
func complete(loop *ast.GenericForStmt) {
	switch loop.Exprs[len(loop.Exprs)-1].(type) {
	case *ast.FuncCallExpr, *ast.Comma3Expr:
		for n := min(len(loop.Exprs), 3); len(loop.Names) < n; {
			loop.Names = append(loop.Names, "(for none)")
		}
		return
	}
	for line := loop.Exprs[0].Line(); len(loop.Exprs) < 3; {
		x := &ast.NilExpr{}
		x.SetLine(line)
		loop.Exprs = append(loop.Exprs, x)
	}
}

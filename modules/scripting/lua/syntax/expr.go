package syntax

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// form is what an expression may be used for.
type form int

const (
	value    form = iota
	variable      // may be assigned to
	call          // may be a statement
)

func (p *parser) exprs() []ast.Expr {
	list := []ast.Expr{p.expr()}
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

// hidden calls a hidden function.
func (p *parser) hidden(what string, line int, args ...ast.Expr) ast.Expr {
	p.single(args[len(args)-1])
	fn := lines(&ast.StringExpr{Value: p.tree.Prefix + what}, line, line)
	return lines(&ast.FuncCallExpr{Func: fn, Args: args, AdjustRet: true}, line, line)
}

// single makes an expression give exactly one value.
func (p *parser) single(e ast.Expr) {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
}

// body reads a function from its parameters on.
func (p *parser) body(method bool, line int) ast.Expr {
	fn := &fnState{parent: p.fn, line: line, upvalues: map[string]bool{}}
	p.fn = fn
	list := &ast.ParList{Names: []string{}}
	if method {
		list.Names = append(list.Names, "self")
	}
	p.expect('(')
	for p.tok.kind != ')' {
		switch p.tok.kind {
		case name:
			list.Names = append(list.Names, p.name())
		case dots:
			p.advance()
			list.HasVargs = true
		default:
			p.fail("<name> or '...' expected")
		}
		if list.HasVargs || !p.accept(',') {
			break
		}
		if p.tok.kind == ')' {
			p.fail("<name> or '...' expected")
		}
	}
	p.declare(list.Names...)
	if fn.vararg = list.HasVargs; fn.vararg {
		p.declare("arg")
	}
	p.expect(')')
	stmts := p.block()
	last := p.tokLine
	p.match(end, function, line)
	p.constants()
	p.fn = fn.parent
	return lines(&ast.FunctionExpr{ParList: list, Stmts: stmts}, line, last)
}

func (p *parser) field(object ast.Expr, key string, line int) ast.Expr {
	k := lines(&ast.StringExpr{Value: key}, line, line)
	return lines(&ast.AttrGetExpr{Object: object, Key: k}, line, line)
}

// primary reads a variable, a call, or an expression in parentheses.
func (p *parser) primary() (e ast.Expr, is form) {
	line := p.tokLine
	switch p.tok.kind {
	case '(':
		p.advance()
		e = p.expr()
		p.match(')', '(', line)
		p.single(e)
		is = value
	case name:
		ident := lines(&ast.IdentExpr{Value: p.name()}, line, line)
		where := p.resolve(ident.Value)
		if where == global && p.tok.kind == '.' && p.look().kind == name {
			if hidden, ok := p.fold(ident.Value, p.look().text); ok && p.foldable() {
				p.advance()
				p.advance()
				e, is = lines(&ast.StringExpr{Value: p.tree.Prefix + hidden}, line, line), variable
				break
			}
		}
		e, is = ident, variable
	default:
		p.fail("unexpected symbol")
	}
	for n := 0; ; n++ {
		p.link(n)
		switch p.tok.kind {
		case '.':
			p.advance()
			at := p.tokLine
			e, is = p.field(e, p.name(), at), variable
		case '[':
			at := p.tokLine
			p.advance()
			key := p.expr()
			p.expect(']')
			p.single(key)
			e, is = lines(&ast.AttrGetExpr{Object: e, Key: key}, at, at), variable
		case ':':
			p.advance()
			method := p.name()
			c := &ast.FuncCallExpr{Receiver: e, Method: method}
			at := p.tokLine
			c.Args = p.args(line)
			e, is = lines(c, at, p.lastLine), call
		case '(', str, '{':
			at := p.tokLine
			c := &ast.FuncCallExpr{Func: e}
			c.Args = p.args(line)
			e, is = lines(c, at, p.lastLine), call
		default:
			return e, is
		}
	}
}

// foldable reports whether what follows lib.field is a call: only then its
// function may stand as a constant.
func (p *parser) foldable() bool {
	at, line := p.at, p.line
	defer func() { p.at, p.line = at, line }()
	switch p.next().kind {
	case '(', str, '{':
		return true
	}
	return false
}

func (p *parser) args(line int) []ast.Expr {
	switch p.tok.kind {
	case str:
		return []ast.Expr{p.literal()}
	case '{':
		return []ast.Expr{p.table()}
	case '(':
		at := p.tokLine
		if at != p.lastLine {
			p.fail("ambiguous syntax (function call x new statement)")
		}
		p.advance()
		list := []ast.Expr{}
		if p.tok.kind != ')' {
			list = p.exprs()
		}
		p.match(')', '(', at)
		return list
	}
	p.fail("function arguments expected")
	return nil
}

func (p *parser) literal() ast.Expr {
	text := p.tok.text
	p.clash = p.clash || strings.HasPrefix(text, p.tree.Prefix)
	e := lines(&ast.StringExpr{Value: text}, p.tokLine, p.tokLine)
	p.advance()
	return e
}

func (p *parser) table() ast.Expr {
	line := p.tokLine
	t := &ast.TableExpr{Fields: []*ast.Field{}}
	p.expect('{')
	for p.tok.kind != '}' {
		f := &ast.Field{}
		switch {
		case p.tok.kind == name && p.look().kind == '=':
			f.Key = lines(&ast.StringExpr{Value: p.name()}, line, line)
			p.advance()
			f.Value = p.expr()
			p.single(f.Value)
		case p.tok.kind == '[':
			p.advance()
			f.Key = p.expr()
			p.single(f.Key)
			p.expect(']')
			p.expect('=')
			f.Value = p.expr()
			p.single(f.Value)
		default:
			f.Value = p.expr()
		}
		t.Fields = append(t.Fields, f)
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	p.match('}', '{', line)
	if list := p.open(t); list != nil {
		fn := lines(&ast.StringExpr{Value: p.tree.Prefix + Pack}, line, line)
		return lines(&ast.FuncCallExpr{Func: fn, Args: list, AdjustRet: true}, line, p.lastLine)
	}
	return lines(t, line, p.lastLine)
}

// open is the list that a table is made of, if it is nothing but a list that ends with a
// call or with `...`. Such a table has as many elements as there are at run time, which
// the VM does not note.
func (p *parser) open(t *ast.TableExpr) (list []ast.Expr) {
	if len(t.Fields) == 0 || len(t.Fields) > maxConcat {
		return nil
	}
	for _, f := range t.Fields {
		if f.Key != nil {
			return nil
		}
		list = append(list, f.Value)
	}
	switch last := list[len(list)-1].(type) {
	case *ast.FuncCallExpr:
		if last.AdjustRet {
			return nil
		}
	case *ast.Comma3Expr:
		if last.AdjustRet {
			return nil
		}
	default:
		return nil
	}
	return list
}

func (p *parser) simple() ast.Expr {
	line := p.tokLine
	var e ast.Expr
	switch p.tok.kind {
	case numeral:
		e = p.number(p.tok.num, line)
	case str:
		return p.literal()
	case nil_:
		e = &ast.NilExpr{}
	case true_:
		e = &ast.TrueExpr{}
	case false_:
		e = &ast.FalseExpr{}
	case dots:
		if !p.fn.vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		if p.fn.parent == nil {
			p.tree.Vararg = true
		}
		e = &ast.Comma3Expr{}
	case '{':
		return p.table()
	case function:
		p.advance()
		return p.body(false, line)
	default:
		e, _ := p.primary()
		return e
	}
	p.advance()
	return lines(e, line, line)
}

// binary is the priority of an operator from the left and from the right.
var binary = map[kind][2]int{
	'+': {6, 6}, '-': {6, 6}, '*': {7, 7}, '/': {7, 7}, '%': {7, 7}, '^': {10, 9},
	concat: {5, 4}, ne: {3, 3}, eq: {3, 3}, '<': {3, 3}, le: {3, 3}, '>': {3, 3}, ge: {3, 3},
	and: {2, 2}, or: {1, 1},
}

const unary = 8

func (p *parser) expr() ast.Expr { return p.sub(0) }

// sub reads operators that bind tighter than limit.
func (p *parser) sub(limit int) ast.Expr {
	p.enter()
	var e ast.Expr
	line := p.tokLine
	switch p.tok.kind {
	case not:
		p.advance()
		e = &ast.UnaryNotOpExpr{Expr: p.truth(p.operand(unary))}
	case '-':
		p.advance()
		e = p.minus(p.operand(unary), line)
	case '#':
		p.advance()
		e = p.hidden(Len, line, p.operand(unary))
	default:
		e = p.simple()
	}
	if e.Line() == 0 {
		e.SetLine(line)
	}
	for n := 0; ; n++ {
		p.link(n)
		op, line := p.tok.kind, p.tokLine
		priority, ok := binary[op]
		if !ok || priority[0] <= limit {
			break
		}
		p.advance()
		p.single(e)
		right := p.operand(priority[1])
		e = p.operator(op, e, right, line)
	}
	p.leave()
	return e
}

func (p *parser) operand(limit int) ast.Expr {
	e := p.sub(limit)
	p.single(e)
	return e
}

func (p *parser) operator(op kind, left, right ast.Expr, line int) ast.Expr {
	var e ast.Expr
	switch op {
	case and, or:
		if decided(op, left) {
			p.unused(left)
			return right
		}
		e = &ast.LogicalOpExpr{Operator: op.describe(), Lhs: left, Rhs: right}
	case concat:
		return p.concat(left, right, line)
	case '+', '-', '*', '/', '%', '^':
		e = p.arithmetic(op, left, right, line)
	default:
		e = &ast.RelationalOpExpr{Operator: op.describe(), Lhs: left, Rhs: right}
	}
	return lines(e, line, line)
}

// maxConcat is how many operands go into one call, whose registers are limited.
const maxConcat = 40

// concat joins a chain of `..`, which associates to the right, into one call.
func (p *parser) concat(left, right ast.Expr, line int) ast.Expr {
	if c, ok := right.(*ast.FuncCallExpr); ok && len(c.Args) < maxConcat {
		if fn, ok := c.Func.(*ast.StringExpr); ok && fn.Value == p.tree.Prefix+Concat {
			c.Args = append([]ast.Expr{left}, c.Args...)
			c.SetLine(line)
			return c
		}
	}
	return p.hidden(Concat, line, left, right)
}

// decided reports whether a constant on the left of an operator leaves what is on the
// right of it: Lua makes no code of the constant then.
func decided(op kind, left ast.Expr) bool {
	switch left.(type) {
	case *ast.TrueExpr, *ast.StringExpr, *ast.NumberExpr:
		return op == and
	case *ast.NilExpr, *ast.FalseExpr:
		return op == or
	}
	return false
}

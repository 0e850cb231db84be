package syntax

import (
	"math"
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Constants are computed here as Lua 5.1 does it, which leaves to the run what divides by
// zero or gives NaN, and which keeps equal constants of a function in one place: 0 and -0
// are equal, so that all zeros of a function have the sign of the one that it needs
// first. The compiler, which would compute everything, finds nothing to compute.

// number makes a constant.
func (p *parser) number(f float64, line int) ast.Expr {
	e := lines(&ast.NumberExpr{Value: numeralText(f)}, line, line)
	if f == 0 {
		p.fn.zeros = append(p.fn.zeros, e)
	}
	return e
}

// numeralText is a number as the compiler reads it.
func numeralText(f float64) string {
	if f == 0 && math.Signbit(f) {
		return "-0.0" // "-0" would be an integer's
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// constant is the value of an expression that is a number.
func constant(e ast.Expr) (f float64, ok bool) {
	n, ok := e.(*ast.NumberExpr)
	if !ok {
		return 0, false
	}
	f, _ = strconv.ParseFloat(n.Value, 64) // numeralText's: out of range is infinite
	return f, true
}

// unused says that no code is made of an expression, or not now.
func (p *parser) unused(e ast.Expr) {
	for i, z := range p.fn.zeros {
		if ast.Expr(z) == e {
			p.fn.zeros = slices.Delete(p.fn.zeros, i, i+1)
			return
		}
	}
}

// truth says that an expression is only asked whether it is true: of a constant, no code
// is made.
func (p *parser) truth(e ast.Expr) ast.Expr {
	if n, ok := e.(*ast.NumberExpr); ok {
		p.unused(n)
		n.Value = "1" // the compiler makes some
	}
	return e
}

// minus is `-` of an operand.
func (p *parser) minus(e ast.Expr, line int) ast.Expr {
	if f, ok := constant(e); ok {
		p.unused(e)
		return p.number(-f, line)
	}
	return &ast.UnaryMinusOpExpr{Expr: e}
}

// arithmetic is an operator on numbers.
func (p *parser) arithmetic(op kind, left, right ast.Expr, line int) ast.Expr {
	e := &ast.ArithmeticOpExpr{Operator: op.describe(), Lhs: left, Rhs: right}
	a, ok := constant(left)
	if !ok {
		return e
	}
	p.unused(left)
	if b, ok := constant(right); ok {
		if f, ok := compute(op, a, b); ok {
			p.unused(right)
			return p.number(f, line)
		}
		p.fn.undone = append(p.fn.undone, e)
	}
	if a == 0 { // it is needed when the other operand is there
		p.fn.zeros = append(p.fn.zeros, left.(*ast.NumberExpr))
	}
	return e
}

// compute is an operation on constants, unless it is done at run time.
func compute(op kind, a, b float64) (f float64, ok bool) {
	switch op {
	case '+':
		f = a + b
	case '-':
		f = a - b
	case '*':
		f = a * b
	case '/':
		f = a / b
	case '%':
		f = number.Mod(a, b)
	case '^':
		f = number.Pow(a, b)
	}
	return f, f == f && (b != 0 || op != '/' && op != '%')
}

// constants ends a function: its zeros become equal, and what is done at run time is
// hidden from the compiler.
func (p *parser) constants() {
	for _, z := range p.fn.zeros {
		z.Value = p.fn.zeros[0].Value
	}
	for _, e := range p.fn.undone {
		left := e.Lhs.(*ast.NumberExpr)
		e.Lhs = lines(&ast.StringExpr{Value: p.tree.Prefix + Number + left.Value}, left.Line(), left.LastLine())
	}
}

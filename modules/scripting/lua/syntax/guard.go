package syntax

import "github.com/yuin/gopher-lua/ast"

// The VM's compiler shortens jumps to jumps, and misreads those that it has shortened
// already: a jump back to one goes astray. So no loop may begin with a jump. Where the
// code of one would, an instruction without effect is put before it.

// guarded is the body of a loop that begins with its body.
func guarded(body []ast.Stmt, line int) []ast.Stmt {
	if !blockJumps(body) {
		return body
	}
	return append([]ast.Stmt{idle(line)}, body...)
}

// whileLoop makes a loop that begins with its condition.
func whileLoop(cond ast.Expr, body []ast.Stmt, line int) ast.Stmt {
	switch cond.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr: // no code
		return &ast.WhileStmt{Condition: cond, Stmts: guarded(body, line)}
	}
	if !condJumps(cond) {
		return &ast.WhileStmt{Condition: cond, Stmts: body}
	}
	stop := lines(&ast.IfStmt{
		Condition: lines(&ast.UnaryNotOpExpr{Expr: cond}, line, line),
		Then:      []ast.Stmt{lines(&ast.BreakStmt{}, line, line)},
	}, line, line)
	forever := lines(&ast.TrueExpr{}, line, line)
	return &ast.WhileStmt{Condition: forever, Stmts: append([]ast.Stmt{idle(line), stop}, body...)}
}

// idle is a statement of one instruction that changes nothing.
func idle(line int) ast.Stmt {
	yes := lines(&ast.TrueExpr{}, line, line)
	s := lines(&ast.LocalAssignStmt{Names: []string{"(nothing)"}, Exprs: []ast.Expr{yes}}, line, line)
	return lines(&ast.DoBlockStmt{Stmts: []ast.Stmt{s}}, line, line)
}

// blockJumps reports whether the code of statements may begin with a jump, or is empty.
func blockJumps(stmts []ast.Stmt) bool {
	if len(stmts) == 0 {
		return true
	}
	switch s := stmts[0].(type) {
	case *ast.DoBlockStmt:
		return blockJumps(s.Stmts)
	case *ast.LocalAssignStmt:
		return len(s.Exprs) > 0 && jumps(s.Exprs[0])
	case *ast.AssignStmt:
		for _, e := range s.Lhs {
			if a, ok := e.(*ast.AttrGetExpr); ok && jumps(a) {
				return true
			}
		}
		return jumps(s.Rhs[0])
	case *ast.FuncCallStmt:
		return jumps(s.Expr)
	case *ast.IfStmt:
		return condJumps(s.Condition)
	case *ast.WhileStmt:
		return condJumps(s.Condition)
	case *ast.RepeatStmt:
		return blockJumps(s.Stmts)
	case *ast.NumberForStmt:
		return jumps(s.Init)
	case *ast.GenericForStmt:
		return jumps(s.Exprs[0])
	case *ast.ReturnStmt:
		return len(s.Exprs) > 0 && jumps(s.Exprs[0])
	}
	return true
}

// condJumps is jumps for a condition, constants of which are jumps or nothing.
func condJumps(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.NilExpr, *ast.FalseExpr, *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		return true
	case *ast.UnaryNotOpExpr:
		return condJumps(e.Expr)
	}
	return jumps(e)
}

// jumps reports whether the code of an expression may begin with a jump.
func jumps(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return condJumps(e.Lhs)
	case *ast.RelationalOpExpr:
		return jumps(e.Lhs) || constants(e.Lhs) && jumps(e.Rhs)
	case *ast.ArithmeticOpExpr:
		return jumps(e.Lhs) || constants(e.Lhs) && jumps(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		return jumps(e.Expr)
	case *ast.UnaryNotOpExpr:
		return jumps(e.Expr)
	case *ast.AttrGetExpr:
		return jumps(e.Object) || constants(e.Object) && jumps(e.Key)
	case *ast.FuncCallExpr:
		if e.Func == nil {
			return jumps(e.Receiver)
		}
		return jumps(e.Func)
	}
	return false
}

// constants reports whether an expression may have no code of its own: it is an operand.
func constants(e ast.Expr) bool {
	switch e.(type) {
	case *ast.NumberExpr, *ast.StringExpr, *ast.IdentExpr, *ast.UnaryMinusOpExpr, *ast.ArithmeticOpExpr:
		return true
	}
	return false
}

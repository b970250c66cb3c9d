"""The lines of ``trace`` as statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from transformer_programs.analysis import reachable_values
from transformer_programs.codegen.reading.expressions import (
    Evaluated,
    Names,
    expression,
    place,
    refused,
    targets_of,
    text_of,
    value_of,
)
from transformer_programs.errors import SchemaError, WritingError
from transformer_programs.program import (
    ONES,
    Aggregate,
    Expression,
    InputFormat,
    Program,
    Readout,
    Scope,
    Selector,
    Variable,
    Writer,
)

HEADS = {"attend": Aggregate.NEAREST, "count": Aggregate.SUM}
"""Functions of a head with a predicate."""

BESIDE = {"before": Scope.BEFORE, "after": Scope.AFTER}
"""Functions of a head that copies the neighbour."""


class StatementReader(Writer):
    """Writes the statements that assignments are.

    Attributes:
        variables: What names of the file are.
    """

    def __init__(
        self,
        form: InputFormat,
        names: Names,
        functions: Mapping[str, ast.FunctionDef],
        renamed: Mapping[str, str],
        is_class: Callable[[str], bool],
    ) -> None:
        super().__init__(form, None, "program.py")
        self.variables = {variable.name: variable for variable in self.inputs}
        self._names, self._functions, self._renamed = names, functions, renamed
        self._is_class = is_class
        self._node: ast.AST = ast.Module([], [])
        # Of the function of the file that is read: what it is called with, and the
        # largest number that its text names.
        self._parameters: list[str] = []
        self._bound = 0

    def line(self) -> int | None:
        """Return the line that is read."""
        return getattr(self._node, "lineno", None)

    def refuse(self, message: str, line: int | None) -> WritingError:
        """Return the error that names the line."""
        del line
        return WritingError(f"{place(self._node)}{message}")

    def assign(self, node: ast.Assign) -> None:
        """Write the statement of an assignment.

        Raises:
            SchemaError: If it is none.
        """
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            raise refused(node, f"expected NAME = ..., got {text_of(node)!r}")
        self._node, name = node, target.id
        if name in self.variables:
            message = f"{name!r} is assigned twice; give the second another name"
            raise refused(node, message)
        output, self._parameters, self._bound = self._renamed.get(name, name), [], 0
        try:
            self.variables[name] = self._read(node.value, output, {}, self.variables)
        except WritingError as error:
            raise SchemaError(str(error)) from error

    def _read(
        self,
        node: ast.expr,
        output: str,
        local: Names,
        variables: Mapping[str, Variable],
    ) -> Variable:
        names = {**self._names, **local}
        match node:
            case ast.Call(func=ast.Name(id=function)) if function in self._functions:
                return self._called_table(
                    node, self._functions[function], output, variables
                )
            case ast.Call(func=ast.Name(id=function)) if function in BESIDE:
                (value,) = self._arguments(node, 1, variables)
                always = Selector(value, value, lambda q, k: True, BESIDE[function])
                return self._head_of(always, value, Aggregate.NEAREST, output)
            case ast.Call(func=ast.Name(id="count_equal")):
                query, key, value = self._arguments(node, 3, variables)
                same = Selector(query, key, lambda q, k: q == k, _scope(node))
                return self._head_of(same, value, Aggregate.SUM, output)
            case ast.Call(func=ast.Name(id=function)) if function in HEADS:
                query, key, value = self._arguments(node, 3, variables, more=1)
                predicate = value_of(node.args[3], names)
                head = Selector(query, key, predicate, _scope(node))
                return self._head_of(head, value, HEADS[function], output)
            case ast.Call(func=ast.Name(id="decide")):
                return self._decided(node, names, variables, output)
            case ast.ListComp(generators=[loop]) if not loop.ifs:
                inputs = [*self._looped(loop.iter, variables)]
                targets, element = targets_of(loop.target), expression(node.elt)
                if len(targets) != len(inputs):
                    raise refused(loop.target, f"expected {len(inputs)} names")
                if len(inputs) > 2:
                    return self._compared(node.elt, targets, inputs, names, output)
                return self._looped_over(names, targets, element, inputs, output)
            case ast.BinOp(op=ast.Mult(), right=ast.Call(func=ast.Name(id="len"))):
                return self._constant(node, names, variables, output)
        raise refused(
            node,
            f"{text_of(node)!r} is no statement; expected attend(...), count(...), "
            "before(...), after(...), [... for x in y] or a function of the file",
        )

    def _constant(
        self,
        node: ast.BinOp,
        names: Names,
        variables: Mapping[str, Variable],
        output: str,
    ) -> Variable:
        # The same value at every position; or, of a decision, the first of several.
        match node:
            case ast.BinOp(
                left=ast.List(elts=[one]), right=ast.Call(args=[ast.Name(id=read)])
            ):
                constant = value_of(one, names)
                variable = self._variable(node, read, variables)
                return self._looked_up(lambda _: constant, [variable], output)
            case ast.BinOp(left=ast.Subscript(value=ast.List() as listed)):
                classes, values = self._is_class(output), value_of(listed, names)
                return self.decided([], values, output, classes=classes)
        raise refused(node, f"expected [value] * len(variable), got {text_of(node)!r}")

    def _called_table(
        self,
        node: ast.Call,
        function: ast.FunctionDef,
        output: str,
        variables: Mapping[str, Variable],
    ) -> Variable:
        # The parameters are variables, and what is assigned is known.
        parameters = [argument.arg for argument in function.args.args]
        given = self._arguments(node, len(parameters), variables)
        inner = dict(zip(parameters, given, strict=True))
        local: dict[str, Any] = {}
        for line in function.body:
            match line:
                case ast.Expr(value=ast.Constant()):
                    continue
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    local[name] = value_of(value, {**self._names, **local})
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    local[name] = value_of(value, {**self._names, **local})
                case ast.Return(value=ast.expr() as value):
                    self._node = line
                    self._parameters = [variable.name for variable in given]
                    self._bound = _bound_of(function)
                    return self._read(value, output, local, inner)
                case _:
                    raise refused(line, f"no table holds {text_of(line)!r}")
        raise refused(function, f"{function.name!r} returns nothing")

    def _looped_over(
        self,
        names: Names,
        targets: Sequence[str],
        element: Evaluated,
        inputs: Sequence[Variable],
        output: str,
    ) -> Variable:
        # A function of the file is called with its inputs in their order, whatever the
        # order in which it goes through them.
        order = [*range(len(inputs))]
        if self._parameters:
            order.sort(key=lambda i: self._parameters.index(inputs[i].name))
        ordered = [targets[i] for i in order]

        def cell(*values: Any) -> Any:
            return element({**names, **dict(zip(ordered, values, strict=True))})

        return self._looked_up(cell, [inputs[i] for i in order], output)

    def _looked_up(
        self, cell: Callable[..., Any], inputs: Sequence[Variable], output: str
    ) -> Variable:
        found = Expression(self, tuple(inputs), cell, self.line())
        bound, classes = self._bound, self._is_class(output)
        return self.tabulated(found, output, classes=classes, bound=bound)

    def cells(self, expression: Expression) -> Sequence[Any]:
        """Return the values of a table; what cannot occur may be anything."""
        found: list[Any] = []
        failed: dict[int, WritingError] = {}
        combinations = [*product(*(v.values for v in expression.inputs))]
        for index, values in enumerate(combinations):
            try:
                cell = self._called(
                    expression.function, values, expression.inputs, expression.line
                )
            except WritingError as error:
                failed[index], cell = error, None
            found.append(cell)
        odd = [
            i
            for i, cell in enumerate(found)
            if i in failed or (isinstance(cell, int) and cell < 0)
        ]
        if odd:
            occur = self._occurring(expression)
            rest = next((x for i, x in enumerate(found) if i not in {*odd}), 0)
            fill = 0 if isinstance(rest, int) else rest
            for index in odd:
                if not occur[index]:
                    found[index] = fill
                elif index in failed:
                    raise failed[index]
        return found

    def _occurring(self, expression: Expression) -> list[bool]:
        # Of each combination of inputs, whether each of its values can occur.
        statements, nothing = tuple(self.statements), Readout((), ())
        reachable = reachable_values(Program("", self.form, statements, nothing))
        sides = []
        for variable in expression.inputs:
            ids = reachable.get(variable.name)
            size = len(variable.values)
            some = {*range(size)} if ids is None else {*map(int, ids)}
            sides.append([index in some for index in range(size)])
        return [all(row) for row in product(*sides)]

    def _head_of(
        self, head: Selector, value: Variable, aggregate: Aggregate, output: str
    ) -> Variable:
        return self.headed(head, value, aggregate, output)

    def _decided(
        self,
        node: ast.Call,
        names: Names,
        variables: Mapping[str, Variable],
        output: str,
    ) -> Variable:
        # decide([values], (variable, weights), ...)
        if len(node.args) < 2 or node.keywords:
            raise refused(node, "expected decide([...], (variable, weights), ...)")
        terms: list[tuple[Variable, Any]] = []
        values, *parts = node.args
        count = len(decided := value_of(values, names))
        for part in parts:
            match part:
                case ast.Tuple(elts=[read, added]):
                    variable = self._variable(read, text_of(read), variables)
                    weights = value_of(added, names)
                case _:
                    raise refused(part, "expected (variable, weights)")
            rows = weights.values() if isinstance(weights, dict) else [weights]
            if any(not _weights(row, count) for row in rows):
                raise refused(added, f"expected {count} whole numbers for each value")
            if any(variable is other for other, _ in terms):
                raise refused(read, f"{text_of(read)!r} has more than one term")
            terms.append((variable, weights))
        classes = self._is_class(output)
        return self.decided(terms, decided, output, classes=classes)

    def _compared(
        self,
        node: ast.expr,
        targets: Sequence[str],
        inputs: Sequence[Variable],
        names: Names,
        output: str,
    ) -> Variable:
        # A comparison of sums of more variables than a table has.
        match node:
            case ast.Call(func=ast.Name(id="int"), args=[ast.Compare() as condition]):
                values: list[Any] = [0, 1]
            case ast.IfExp(test=ast.Compare() as condition, body=yes, orelse=no):
                values = [value_of(no, names), value_of(yes, names)]
            case _:
                raise refused(node, "expected a comparison of sums")
        match condition:
            case ast.Compare(ops=[ast.Gt()], left=more, comparators=[less]):
                pass
            case ast.Compare(ops=[ast.Lt()], left=less, comparators=[more]):
                pass
            case _:
                raise refused(condition, "expected sums compared by > or <")
        factors: dict[str, int] = dict.fromkeys([*targets, ""], 0)
        for side, sign in ((more, 1), (less, -1)):
            for name, factor in _summed(side):
                if name not in factors:
                    raise refused(side, f"expected one of {', '.join(targets)}")
                factors[name] += sign * factor
        terms = [
            (variable, (0, factors[target]))
            for target, variable in zip(targets, inputs, strict=True)
        ]
        (ones,) = (v for v in self.inputs if v.name == ONES)
        if factors[""]:
            terms.append((ones, (0, factors[""])))
        return self.decided(terms, values, output, classes=self._is_class(output))

    def _arguments(
        self,
        node: ast.Call,
        count: int,
        variables: Mapping[str, Variable],
        more: int = 0,
    ) -> list[Variable]:
        if len(node.args) != count + more:
            raise refused(node, f"{text_of(node)!r}: expected {count + more} arguments")
        return [
            self._variable(argument, text_of(argument), variables)
            for argument in node.args[:count]
        ]

    def _variable(
        self, node: ast.AST, name: str, variables: Mapping[str, Variable]
    ) -> Variable:
        if name not in variables:
            message = f"expected a variable that is assigned above, got {name!r}"
            raise refused(node, message)
        return variables[name]

    def _looped(
        self, node: ast.expr, variables: Mapping[str, Variable]
    ) -> Iterator[Variable]:
        match node:
            case ast.Call(func=ast.Name(id="zip"), args=arguments):
                nodes = arguments
            case _:
                nodes = [node]
        for read in nodes:
            yield self._variable(read, text_of(read), variables)


def _weights(row: Any, count: int) -> bool:
    items = row if isinstance(row, list | tuple) else ()
    return len(items) == count and all(type(item) is int for item in items)


def _summed(node: ast.expr) -> Iterator[tuple[str, int]]:
    # Multiples of names that are added up; a number has no name.
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _summed(left)
            yield from _summed(right)
        case ast.Name(id=name):
            yield name, 1
        case ast.BinOp(
            left=ast.Constant(value=int() as factor),
            op=ast.Mult(),
            right=ast.Name(id=name),
        ):
            yield name, factor
        case ast.Constant() | ast.UnaryOp():
            yield "", int(value_of(node, {}))
        case _:
            raise refused(node, f"{text_of(node)!r} is no sum of multiples")


def _bound_of(function: ast.FunctionDef) -> int:
    found = re.search(r"\b0\.\.(\d{1,6})\b", ast.get_docstring(function) or "")
    return int(found[1]) if found else 0


def _scope(node: ast.Call) -> str:
    scope = "all"
    for keyword in node.keywords:
        if keyword.arg != "scope":
            raise refused(node, f"{text_of(node)!r}: expected scope=... alone")
        scope = value_of(keyword.value, {})
    if scope not in {*Scope}:
        raise refused(node, f"scope: expected one of {', '.join(Scope)}, got {scope!r}")
    return scope

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
    linear,
    place,
    refused,
    targets_of,
    text_of,
    two_of,
    value_of,
)
from transformer_programs.codegen.reading.fixed import check_new
from transformer_programs.errors import SchemaError, WritingError
from transformer_programs.language import (
    Aggregate,
    Expression,
    InputFormat,
    Program,
    Readout,
    Scope,
    Selector,
    Variable,
    Weighed,
    Writer,
)

HEADS = {"attend": Aggregate.NEAREST, "count": Aggregate.SUM}
"""Functions of a head with a predicate."""

EQUAL = {f"{name}_equal": aggregate for name, aggregate in HEADS.items()}
"""Functions of a head whose keys equal the query."""

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
        check_new(node, name)
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
            case ast.Call(func=ast.Name(id=function)) if function in EQUAL:
                query, key, value = self._arguments(node, 3, variables)
                same = Selector(query, key, lambda q, k: q == k, _scope(node))
                return self._head_of(same, value, EQUAL[function], output)
            case ast.Call(func=ast.Name(id=function)) if function in HEADS:
                query, key, value = self._arguments(node, 3, variables, more=1)
                predicate = value_of(node.args[3], names)
                head = Selector(query, key, predicate, _scope(node))
                return self._head_of(head, value, HEADS[function], output)
            case ast.Call(func=ast.Name(id="decide"), args=[first, *added]):
                values = value_of(first, names)
                terms = [self._weighed(one, names, variables) for one in added]
                return self.decided(values, terms, output)
        return self._element_by_element(node, output, names, variables)

    def _element_by_element(
        self,
        node: ast.expr,
        output: str,
        names: Names,
        variables: Mapping[str, Variable],
    ) -> Variable:
        match node:
            case ast.ListComp(generators=[loop]) if not loop.ifs:
                inputs = [*self._looped(loop.iter, variables)]
                targets, element = targets_of(loop.target), expression(node.elt)
                if len(targets) != len(inputs):
                    raise refused(loop.target, f"expected {len(inputs)} names")
                if len(inputs) > 2:
                    numbers = dict(zip(targets, inputs, strict=True))
                    return self._compared(node.elt, numbers, names, output)
                return self._looped_over(names, targets, element, inputs, output)
            case ast.BinOp(
                left=ast.Subscript(value=ast.List() as listed), op=ast.Mult()
            ):
                return self.decided(value_of(listed, names), [], output)
            case ast.BinOp(
                left=ast.List(elts=[one]),
                op=ast.Mult(),
                right=ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=read)]),
            ):
                constant = value_of(one, names)
                variable = self._variable(node, read, variables)
                return self._looked_up(lambda _: constant, [variable], output)
        raise refused(
            node,
            f"{text_of(node)!r} is no statement; expected attend(...), count(...), "
            "decide(...), before(...), after(...), [... for x in y] or a function of "
            "the file",
        )

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
                    self._check_local(line, name, inner)
                    local[name] = value_of(value, {**self._names, **local})
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._check_local(line, name, inner)
                    local[name] = value_of(value, {**self._names, **local})
                case ast.Return(value=ast.expr() as value):
                    self._node = line
                    self._parameters = [variable.name for variable in given]
                    self._bound = _bound_of(function)
                    return self._read(value, output, local, inner)
                case _:
                    raise refused(line, f"no table holds {text_of(line)!r}")
        raise refused(function, f"{function.name!r} returns nothing")

    def _check_local(
        self, line: ast.stmt, name: str, parameters: Mapping[str, Variable]
    ) -> None:
        check_new(line, name)
        if name in parameters:
            raise refused(line, f"{name!r} is a parameter; give it another name")

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

    def _weighed(
        self, node: ast.expr, names: Names, variables: Mapping[str, Variable]
    ) -> Weighed:
        # (variable, what it adds)
        match node:
            case ast.Tuple(elts=[ast.Name(id=name), rows]):
                variable = self._variable(node, name, variables)
                added = value_of(rows, names)
                if isinstance(added, dict):
                    return variable, {x: tuple(row) for x, row in added.items()}
                return variable, tuple(added)
        raise refused(node, f"{text_of(node)!r}: expected (variable, weights)")

    def _compared(
        self, node: ast.expr, numbers: Mapping[str, Variable], names: Names, output: str
    ) -> Variable:
        # A comparison of sums of more than two numbers is a decision.
        no, yes, compare = two_of(node, names)
        factors, constant = linear(compare, [*numbers], names)
        terms: list[Weighed] = [
            (variable, (0, factor))
            for variable, factor in zip(numbers.values(), factors, strict=True)
        ]
        ones = self.inputs[2]
        terms += [(ones, (0, constant))] if constant else []
        return self.decided([no, yes], terms, output)

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

"""Kernels are written for LLVM in fewer words.

Numba writes fifty instructions for ``a[i, j]``, seventy for a loop over a range, and puts each variable into memory,
which LLVM takes out again; to write, to read and to simplify all that is a third of the time of a compilation.  There
is a shorter way to say the same:

* numbers that were put into a tuple or an array are taken from where they come from;
* an element or a part of an array, and a step of a loop over a range, are a few instructions;
* where nothing counts references (see `borrowing`), a variable that is assigned once, before all of its uses, is a
  value and needs no memory, and nothing is done where a variable ends.

After LLVM's first passes both ways are the same.  To leave out here what nobody uses was tried: it saves nothing, and
a few kernels then ran slower by a third.
"""

from __future__ import annotations

import functools
from typing import Any

VERSIONS = ("0.66.", "0.67.", "0.68.")
"""Those of Numba that lower functions as is assumed here; others do it in their own way."""


@functools.cache
def lean_lowering() -> Any:
    """A pass of Numba's compiler that stands for its ``NativeLowering``, or None if Numba is built differently."""
    try:
        return _pass()
    except Exception:
        return None


def _pass() -> Any:
    import numba
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import BaseNativeLowering

    if not numba.__version__.startswith(VERSIONS):
        return None
    lean = _lower()

    @register_pass(mutates_CFG=True, analysis_only=False)
    class LeanLowering(BaseNativeLowering):
        _name: Any = "imgproc_lean_lowering"

        @property
        def lowering_class(self) -> Any:
            return lean

    return LeanLowering


def _builder() -> Any:
    from llvmlite import ir

    inserted = ir.instructions.InsertValue

    class Builder(ir.IRBuilder):
        """Takes out of a structure what was put into it, if that is known, instead of writing both."""

        def extract_value(self, agg: Any, idx: Any, name: str = "") -> Any:
            at = tuple(idx) if isinstance(idx, tuple | list) else (idx,)
            while type(agg) is inserted:
                into = tuple(agg.indices)
                if at[: len(into)] == into:
                    agg, at = agg.value, at[len(into) :]
                    if not at:
                        return agg
                elif into[: len(at)] == at:  # a part of what is asked for
                    break
                else:
                    agg = agg.aggregate
            return super().extract_value(agg, at, name)

    return Builder


def _lower() -> Any:
    from llvmlite import ir as llvm
    from numba.core import cgutils, ir, types
    from numba.core.analysis import compute_cfg_from_blocks
    from numba.core.imputils import impl_ret_borrowed
    from numba.core.lowering import Lower
    from numba.np.arrayobj import fix_integer_index, load_item, store_item

    builder_class = _builder()

    class LeanLower(Lower):
        """Numba's lowering; each method here does the same as the one of Numba, or leaves it to that."""

        # --- variables ------------------------------------------------------------------------------------------------

        def _find_singly_assigned_variable(self) -> None:
            super()._find_singly_assigned_variable()
            self._lean = not (self.func_ir.func_id.is_generator or self._disable_sroa_like_opt)
            self._borrows = self._lean and not self.context.enable_nrt
            if self._borrows:
                self._singly_assigned_vars |= self._values()

        def _values(self) -> set[str]:
            """The variables that are assigned once, in a statement that comes before all that use them."""
            blocks = self.func_ir.blocks
            order = {label: k for k, label in enumerate(sorted(blocks))}
            places: dict[str, tuple[int, int]] = {}
            several: set[str] = set()
            for label, block in blocks.items():
                for k, statement in enumerate(block.body):
                    if isinstance(statement, ir.Assign):
                        name = statement.target.name
                        several.add(name) if name in places else places.setdefault(name, (label, k))
            dominators = compute_cfg_from_blocks(blocks).dominators()
            for label, block in blocks.items():
                for k, statement in enumerate(block.body):
                    if isinstance(statement, ir.Del):
                        continue
                    for each in _used_by(statement):
                        made, at = places.get(each.name, (None, 0))
                        if made == label:
                            before = at < k
                        else:
                            before = made is not None and made in dominators[label] and order[made] < order[label]
                        if not before:
                            several.add(each.name)
            return {name for name in places if name not in several}

        def storevar(self, value: Any, name: str, argidx: Any = None) -> None:
            if not self._borrows:
                super().storevar(value, name, argidx)
            elif name in self._singly_assigned_vars:
                self._blk_local_varmap[name] = value
            else:
                self.builder.store(value, self.getvar(name))

        def delvar(self, name: str) -> None:
            if not self._borrows:
                super().delvar(name)

        # --- functions ------------------------------------------------------------------------------------------------

        def setup_function(self, fndesc: Any) -> None:
            super().setup_function(fndesc)
            if self._lean:
                self.builder.__class__ = builder_class

        # --- arrays ---------------------------------------------------------------------------------------------------

        def lower_expr(self, resty: Any, expr: Any) -> Any:
            if self._lean:
                if expr.op == "static_getitem" and expr.index_var is not None:
                    if isinstance(self.typeof(expr.value.name), types.Array) and expr in self.fndesc.calltypes:
                        signature = self.fndesc.calltypes[expr]
                        if signature is not None:
                            return self.lower_getitem(resty, expr, expr.value, expr.index_var, signature)
                elif expr.op in ("getiter", "iternext"):
                    done = self._range_step(expr)
                    if done is not None:
                        return done
                elif expr.op in ("pair_first", "pair_second") and isinstance(resty, types.Number | types.Boolean):
                    return self.builder.extract_value(self.loadvar(expr.value.name), int(expr.op == "pair_second"))
            return super().lower_expr(resty, expr)

        def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
            place = self._place(value, index, signature)
            if place is None:
                return super().lower_getitem(resty, expr, value, index, signature)
            kind, array, pointer, shape, strides = place
            context, builder, made = self.context, self.builder, signature.return_type
            if isinstance(made, types.Array):
                found = impl_ret_borrowed(
                    context, builder, made, self._part_of(made, kind, array, pointer, shape, strides)
                )
            else:
                found = load_item(context, builder, kind, pointer)
            return context.cast(builder, found, made, resty)

        def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
            valuety = self.typeof(value_var.name)
            if not isinstance(valuety, types.Number | types.Boolean):
                return super().lower_setitem(target_var, index_var, value_var, signature)
            place = self._place(target_var, index_var, signature, whole=True)
            if place is None:
                return super().lower_setitem(target_var, index_var, value_var, signature)
            kind, _, pointer, _, _ = place
            context, builder = self.context, self.builder
            value = context.cast(builder, self.loadvar(value_var.name), valuety, signature.args[2])
            value = context.cast(builder, value, signature.args[2], kind.dtype)
            store_item(context, builder, kind, value, pointer)
            return None

        def _place(self, array_var: Any, index_var: Any, signature: Any, whole: bool = False) -> Any:
            """Where an index points to: the array's type and value, a pointer, and the shape and strides from there.

            None if the index is of another kind than integers and slices without a step; if it has to be `whole`, also
            if it leads to more than one element."""
            kind, wanted = self.typeof(array_var.name), signature.args[1]
            given = self.typeof(index_var.name)
            if not self._lean or self.context.enable_boundscheck or type(kind) is not types.Array or kind.ndim == 0:
                return None
            if signature.args[0] != kind or not isinstance(kind.dtype, types.Number | types.Boolean):
                return None
            is_tuple = isinstance(wanted, types.BaseTuple)
            wanted_kinds, given_kinds = (tuple(wanted), tuple(given)) if is_tuple else ((wanted,), (given,))
            if len(wanted_kinds) != len(given_kinds) or len(wanted_kinds) > kind.ndim:
                return None
            for each in wanted_kinds:
                if not isinstance(each, types.Integer) and each != types.slice2_type:
                    return None
            if whole and (len(wanted_kinds) < kind.ndim or types.slice2_type in wanted_kinds):
                return None
            context, builder = self.context, self.builder
            array, index = self.loadvar(array_var.name), self.loadvar(index_var.name)
            field = self._field(kind)
            lengths = [builder.extract_value(array, (field("shape"), k)) for k in range(kind.ndim)]
            steps = [builder.extract_value(array, (field("strides"), k)) for k in range(kind.ndim)]
            starts, shape, strides = [], [], []
            for k, (asked, had) in enumerate(zip(wanted_kinds, given_kinds, strict=True)):
                value = builder.extract_value(index, k) if is_tuple else index
                value = context.cast(builder, value, had, asked)
                if isinstance(asked, types.Integer):
                    starts.append(self._fixed(asked, value, lengths[k]))
                else:
                    first, count = self._run_of(value, lengths[k])
                    starts.append(first)
                    shape.append(count)
                    strides.append(steps[k])
            shape += lengths[len(starts) :]
            strides += steps[len(starts) :]
            pointer = self._pointer(kind, builder.extract_value(array, field("data")), starts, lengths, steps)
            return kind, array, pointer, shape, strides

        def _field(self, kind: Any) -> Any:
            return self.context.data_model_manager[kind].get_field_position

        def _fixed(self, kind: Any, value: Any, length: Any) -> Any:
            """An index counted from the start, if it was counted from the end."""
            if isinstance(value, llvm.Constant) and value.type == length.type and value.constant >= 0:
                return value
            return fix_integer_index(self.context, self.builder, kind, value, length)

        def _run_of(self, value: Any, length: Any) -> tuple[Any, Any]:
            """The start of a slice in an axis of some length, and how many elements it has."""
            builder = self.builder
            zero = llvm.Constant(length.type, 0)
            ends = []
            for k in range(2):
                end = builder.extract_value(value, k)
                if isinstance(end, llvm.Constant) and end.constant == 0:
                    ends.append(zero)
                    continue
                end = builder.select(builder.icmp_signed("<", end, zero), builder.add(end, length), end)
                kept = builder.select(builder.icmp_signed("<", end, zero), zero, end)
                ends.append(builder.select(builder.icmp_signed(">=", end, length), length, kept))
            count = ends[1] if ends[0] is zero else builder.sub(ends[1], ends[0])
            return ends[0], builder.select(builder.icmp_signed("<=", count, zero), zero, count)

        def _pointer(self, kind: Any, data: Any, starts: list[Any], lengths: list[Any], steps: list[Any]) -> Any:
            """The address of an element."""
            builder = self.builder
            if kind.layout not in ("C", "F"):
                moved = [builder.mul(step, start) for step, start in zip(steps, starts, strict=False)]
                return cgutils.pointer_add(builder, data, functools.reduce(builder.add, moved))
            place = None
            for k, start in enumerate(starts):
                if isinstance(start, llvm.Constant) and start.constant == 0:
                    continue
                others = lengths[k + 1 :] if kind.layout == "C" else lengths[:k]
                moved = builder.mul(start, functools.reduce(builder.mul, others)) if others else start
                place = moved if place is None else builder.add(place, moved)
            return builder.gep(data, [llvm.Constant(steps[0].type, 0) if place is None else place])

        def _part_of(self, made: Any, kind: Any, array: Any, pointer: Any, shape: list[Any], strides: list[Any]) -> Any:
            """A view of an array."""
            builder, old, new = self.builder, self._field(kind), self._field(made)
            value = llvm.Constant(self.context.get_value_type(made), llvm.Undefined)
            for name in ("meminfo", "parent", "itemsize"):
                value = builder.insert_value(value, builder.extract_value(array, old(name)), new(name))
            count = functools.reduce(lambda a, b: builder.mul(a, b, flags=["nsw"]), shape)
            value = builder.insert_value(value, count, new("nitems"))
            value = builder.insert_value(value, pointer, new("data"))
            for k, (length, step) in enumerate(zip(shape, strides, strict=True)):
                value = builder.insert_value(value, length, (new("shape"), k))
                value = builder.insert_value(value, step, (new("strides"), k))
            return value

        # --- ranges and slices ----------------------------------------------------------------------------------------

        def _lower_call_normal(self, fnty: Any, expr: Any, signature: Any) -> Any:
            made = signature.return_type
            if self._lean and (isinstance(made, types.RangeType) or made == types.slice2_type):
                function = getattr(fnty, "typing_key", None)
                if function is range or (function is slice and all(each == types.intp for each in signature.args)):
                    return self._bounds(made, fnty, expr, signature)
            return super()._lower_call_normal(fnty, expr, signature)

        def _bounds(self, made: Any, fnty: Any, expr: Any, signature: Any) -> Any:
            """``range(...)`` and ``slice(...)``: start, stop and step."""
            parts = self.fold_call_args(fnty, signature, expr.args, expr.vararg, expr.kws)
            kind = self.context.get_value_type(made)
            number = kind.elements[0]
            if len(parts) == 1:
                parts = [number(0), *parts]
            if len(parts) == 2:
                parts = [*parts, number(1)]
            value = llvm.Constant(kind, llvm.Undefined)
            for k, part in enumerate(parts):
                value = self.builder.insert_value(value, part, k)
            return value

        def _range_step(self, expr: Any) -> Any:
            """The iterator over a range whose step is 1, or what it gives next; None for others."""
            kind = self.typeof(expr.value.name)
            if not isinstance(kind, types.RangeType if expr.op == "getiter" else types.RangeIteratorType):
                return None
            signature = self.fndesc.calltypes[expr]
            if signature.args[0] != kind:
                return None
            value = self.loadvar(expr.value.name)
            if expr.op == "iternext":
                return self._next(kind, signature.return_type, value)
            step = self.builder.extract_value(value, 2)
            if not (isinstance(step, llvm.Constant) and step.constant == 1):
                return None
            return self._iterator(signature.return_type, value, step)

        def _iterator(self, made: Any, value: Any, step: Any) -> Any:
            builder = self.builder
            start, stop = (builder.extract_value(value, k) for k in range(2))
            zero = start.type(0)
            count = builder.sub(stop, start)
            count = builder.select(builder.icmp_signed(">", count, zero), count, zero)
            place, left = (cgutils.alloca_once(builder, start.type) for _ in range(2))
            builder.store(start, place)
            builder.store(count, left)
            field, made_value = self._field(made), llvm.Constant(self.context.get_value_type(made), llvm.Undefined)
            for name, part in (("iter", place), ("stop", stop), ("step", step), ("count", left)):
                made_value = builder.insert_value(made_value, part, field(name))
            return made_value

        def _next(self, kind: Any, made: Any, iterator: Any) -> Any:
            builder, field = self.builder, self._field(kind)
            place, step, left = (builder.extract_value(iterator, field(name)) for name in ("iter", "step", "count"))
            count = builder.load(left)
            zero, one = count.type(0), count.type(1)
            valid = builder.icmp_signed(">", count, zero)
            head = builder.block
            with builder.if_then(valid):
                value = builder.load(place)
                builder.store(builder.sub(count, one, flags=["nsw"]), left)
                builder.store(builder.add(value, step), place)
                body = builder.block
            found = builder.phi(count.type)
            found.add_incoming(value, body)
            found.add_incoming(zero, head)
            pair = llvm.Constant(self.context.get_value_type(made), llvm.Undefined)
            return builder.insert_value(builder.insert_value(pair, found, 0), valid, 1)

    def _used_by(statement: Any) -> list[Any]:
        """The variables that a statement reads."""
        if not isinstance(statement, ir.Assign):
            return statement.list_vars()
        value = statement.value
        return [value] if isinstance(value, ir.Var) else value.list_vars() if isinstance(value, ir.Inst) else []

    return LeanLower

//! Where labels stand so that none covers another: in a column, each as near to its point as the others allow.

use crate::draws::float;

/// A column for labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its upper end.
    pub top: f64,
    /// Its lower end.
    pub bottom: f64,
    /// Height of a label.
    pub gap: f64,
}

impl Column {
    /// The heights of labels that are wanted at `wanted`, a gap apart and inside the column where they fit there.
    pub fn spread(self, wanted: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
        // Groups of labels that touch, each centred on what its labels want.
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for label in order {
            let mut group = vec![label];
            while let Some(mut above) = groups.pop_if(|above| self.touch(above, &group, wanted)) {
                above.append(&mut group);
                group = above;
            }
            groups.push(group);
        }
        let mut places = wanted.to_vec();
        for group in &groups {
            let (start, _) = self.extent(group, wanted);
            for (index, &label) in (0_u64..).zip(group) {
                places[label] = start + self.gap * (float(index) + 0.5);
            }
        }
        places
    }

    fn touch(self, above: &[usize], below: &[usize], wanted: &[f64]) -> bool {
        self.extent(above, wanted).1 > self.extent(below, wanted).0
    }

    /// Where a group begins and ends.
    fn extent(self, group: &[usize], wanted: &[f64]) -> (f64, f64) {
        let labels = float(group.len() as u64);
        let height = self.gap * labels;
        let middle = group.iter().map(|&label| wanted[label]).sum::<f64>() / labels;
        let start = (middle - height / 2.0).min(self.bottom - height).max(self.top);
        (start, start + height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMN: Column = Column { top: 0.0, bottom: 100.0, gap: 10.0 };

    #[test]
    fn labels_that_do_not_touch_stay_where_they_are_wanted() {
        assert_eq!(COLUMN.spread(&[50.0, 10.0, 30.0]), [50.0, 10.0, 30.0]);
    }

    #[test]
    fn labels_never_overlap_and_stay_inside() {
        let wanted = [5.0, 6.0, 6.0, 20.0, 22.0, 95.0, 97.0, 97.0];
        let mut places = COLUMN.spread(&wanted);
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 10.0 - 1e-9), "{places:?}");
        assert!(places[0] >= 5.0 && places[7] <= 95.0, "{places:?}");
    }

    #[test]
    fn labels_keep_the_order_of_their_points() {
        let places = COLUMN.spread(&[20.0, 10.0, 15.0]);
        assert!(places[1] < places[2] && places[2] < places[0], "{places:?}");
    }
}
